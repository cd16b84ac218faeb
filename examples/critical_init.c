/* Does a deep network's signal survive?  Weights are drawn critically, with the variances of a
 * header that edgeworth made, and then with half that variance and with twice.
 *
 *     edgeworth header --activation relu -o relu.h
 *     cc -std=c99 -I. critical_init.c -lm && ./a.out
 *
 * At criticality the mean square of the preactivations stays what it was, layer after layer; off it,
 * it changes by the factor C_W/2 in each.  Prints the three, and exits with 1 unless they do. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "relu.h"

enum { WIDTH = 100, DEPTH = 50, NETWORKS = 8 };

/* splitmix64 */
static uint64_t random_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The sum of twelve uniform numbers is as good as normal here: mean 0 and variance 1 are exact. */
static double deviate(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double) (random_bits(state) >> 11) / 9007199254740992.0;
    return sum;
}

/* z' = b + W s(z), b ~ C_b, W ~ C_W/n; returns the mean square of z'. */
static double layer(double *z, double cw, double cb, uint64_t *state)
{
    double s[WIDTH], square = 0;
    for (int i = 0; i < WIDTH; i++)
        s[i] = z[i] > 0 ? z[i] : 0;
    for (int i = 0; i < WIDTH; i++) {
        double sum = sqrt(cb) * deviate(state);
        for (int j = 0; j < WIDTH; j++)
            sum += sqrt(cw / WIDTH) * deviate(state) * s[j];
        z[i] = sum;
        square += sum * sum / WIDTH;
    }
    return square;
}

/* The geometric mean over networks of the mean square in the last layer over that in the first. */
static double gain(double cw, double cb, uint64_t seed)
{
    double logs = 0;
    for (int k = 0; k < NETWORKS; k++) {
        double z[WIDTH], square = 0;
        for (int i = 0; i < WIDTH; i++)
            z[i] = deviate(&seed);
        for (int l = 0; l < DEPTH; l++)
            square = layer(z, cw, cb, &seed);
        logs += log(square) / NETWORKS;
    }
    return exp(logs);
}

int main(void)
{
    double critical = gain(relu_C_W, relu_C_b, 1);
    double small = gain(relu_C_W / 2, relu_C_b, 1), large = gain(relu_C_W * 2, relu_C_b, 1);
    printf("C_W = %.3g: the mean square changes by %.3g in %d layers\n", relu_C_W, critical, DEPTH);
    printf("C_W = %.3g: by %.3g\nC_W = %.3g: by %.3g\n", relu_C_W / 2, small, relu_C_W * 2, large);
    /* One network's logarithm has a standard deviation of sqrt(5 DEPTH/WIDTH) = 1.6, and is lower by
     * 1.25 on average: E log x = log E x - variance/2. */
    return critical > 1e-3 && critical < 30 && small < 1e-12 && large > 1e12 ? 0 : 1;
}
