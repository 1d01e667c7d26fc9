/* Judges a float32 matmul by the lines of matmul.float32.txt, and prints the number of each case
   that is wrong.

       cc judge.c -o judge && ./judge right < matmul.float32.txt

   There are two more: one whose sums are "short" of a term, and one of "narrowed" numbers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 14 };

typedef struct {
    int rank, lengths[4], count;
    double numbers[MOST];
} Tensor;

static Tensor left, right, low, high;

static void demand(int is_as_expected) {
    if (!is_as_expected) {
        fputs("usage: judge right|short|narrowed < matmul.float32.txt\n", stderr);
        exit(2);
    }
}

static void read_tensor(Tensor *x) {
    demand(scanf("%*s %d", &x->rank) == 1 && x->rank <= 4);
    x->count = 1;
    for (int axis = 0; axis < x->rank; axis++) {
        demand(scanf("%d", &x->lengths[axis]) == 1);
        x->count *= x->lengths[axis];
    }
    demand(x->count <= MOST);
    for (int i = 0; i < x->count; i++)
        demand(scanf("%la", &x->numbers[i]) == 1);
}

/* What the matrix units of graphics cards keep: 10 of the 23 bits behind the point. */
static float narrowed(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0xFFFFE000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* One number of the product, counted from the left. */
static float matmul(const char *which, int place) {
    int k = left.lengths[1], n = right.lengths[1], row = place / n, column = place % n;
    int is_narrowed = !strcmp(which, "narrowed"), terms = strcmp(which, "short") ? k : k - 1;
    float sum = 0;
    for (int i = 0; i < terms; i++) {
        float x = (float)left.numbers[row * k + i], y = (float)right.numbers[i * n + column];
        sum += is_narrowed ? narrowed(x) * narrowed(y) : x * y;
    }
    return sum;
}

int main(int count, char **words) {
    int id;
    demand(count == 2 && scanf("%*[^\n]") == 0);
    while (scanf(" case %d%*[^\n]", &id) == 1) {
        int wrong = 0;
        read_tensor(&left), read_tensor(&right), read_tensor(&low), read_tensor(&high);
        for (int i = 0; i < low.count; i++) {
            double y = matmul(words[1], i);
            wrong |= !(low.numbers[i] <= y && y <= high.numbers[i]);
        }
        if (wrong) printf("%d\n", id);
    }
    demand(feof(stdin));
}
