// The neural tangent kernel of a wide network at its first layers, from a header that edgeworth made:
// how far it moves away from its value at infinite width when the network is not wide.
//
//     edgeworth header --activation gelu --depth 10 --ntk -o gelu.h
//     c++ -std=c++11 -I. ntk.cc && ./a.out 100
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "gelu.h"

int main(int argc, char **argv)
{
    const double n = argc > 1 ? std::atof(argv[1]) : 100;
    std::cout << "layer  Theta  correction  standard deviation\n";
    for (int l = 0; l < gelu_layers; l++) {
        const double spread = std::sqrt((gelu_A[l] + gelu_B[l] * 2) / n);
        std::cout << gelu_layer[l] << "  " << gelu_Theta[l] << "  " << gelu_H1[l] / n << "  "
                  << spread << "\n";
        // what is certified holds at compile time's rounding, too
        if (!(gelu_Theta_lower[l] <= gelu_Theta[l] && gelu_Theta[l] <= gelu_Theta_upper[l]))
            return 1;
    }
    return gelu_layers == 10 && gelu_Theta[9] > gelu_Theta[0] ? 0 : 1;
}
