/* One number of the text format, exactly as `float` in exposition/numbers.py reads it.

   Takes the bytes from `p` to `end`; gives where the number ends and its value. Only decimal
   numbers and `NaN`, `Inf`, `+Inf`, `-Inf` are read; NULL means: not one of these, let Python judge.
   Never: reads at or behind `end`. */

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* The quiet NaN of Prometheus: series/stale.py. */
#define CANONICAL_NAN UINT64_C(0x7ff8000000000001)

#define SMALLEST_POWER (-342)
#define LARGEST_POWER 308

/* Powers of five, 128 bits each, the highest bit set: high, low. Filled at import. */
static uint64_t fives[LARGEST_POWER - SMALLEST_POWER + 1][2];

static const double exact_tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline double of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* `digits` * 10^`power`, correctly rounded; 0 if this way cannot tell.
   Eisel and Lemire's method: 64 x 128 bits of a product decide nearly always. */
static inline int wide(uint64_t digits, int power, double *value)
{
#ifdef __SIZEOF_INT128__
    if (power < SMALLEST_POWER || power > LARGEST_POWER)
        return 0;
    int zeros = __builtin_clzll(digits);
    uint64_t shifted = digits << zeros;
    const uint64_t *five = fives[power - SMALLEST_POWER];
    unsigned __int128 product = (unsigned __int128)shifted * five[0];
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    /* 55 bits are needed; where those below are all ones a carry may come from further down. */
    if ((high & 0x1ff) == 0x1ff) {
        uint64_t carry = (uint64_t)(((unsigned __int128)shifted * five[1]) >> 64);
        low += carry;
        if (carry > low)
            high++;
        if (low == UINT64_MAX)
            return 0;
    }
    int top = (int)(high >> 63);
    uint64_t mantissa = high >> (top + 9);
    /* 217706 / 65536 is log2(10); a shift rounds down, below zero too. */
    int exponent = (int)((217706 * (int64_t)power) >> 16) + 63 + top - zeros + 1023;
    if (exponent <= 0)
        return 0; /* subnormal */
    /* Half way between two doubles, exactly: to the even one. */
    if (low <= 1 && power >= -4 && power <= 23 && (mantissa & 3) == 1 &&
        (mantissa << (top + 9)) == high)
        mantissa &= ~UINT64_C(1);
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >= UINT64_C(1) << 53) {
        mantissa = UINT64_C(1) << 52;
        exponent++;
    }
    if (exponent >= 0x7ff)
        return 0; /* out of range */
    *value = of_bits((mantissa & ((UINT64_C(1) << 52) - 1)) | ((uint64_t)exponent << 52));
    return 1;
#else
    return 0;
#endif
}

static inline int narrow(uint64_t digits, int power, double *value)
{
#if FLT_EVAL_METHOD == 0
    /* Clinger: both are exact, so one operation rounds once. */
    if (digits >> 53 || power < -22 || power > 22)
        return 0;
    *value = power < 0 ? (double)digits / exact_tens[-power] : (double)digits * exact_tens[power];
    return 1;
#else
    return 0;
#endif
}

static const char *word(const char *p, const char *end, int has_sign, int is_negative, double *value)
{
    if (end - p < 3)
        return NULL;
    if (memcmp(p, "Inf", 3) == 0)
        *value = is_negative ? -INFINITY : INFINITY;
    else if (memcmp(p, "NaN", 3) == 0 && !has_sign)
        *value = of_bits(CANONICAL_NAN);
    else
        return NULL;
    return p + 3;
}

/* `*is_hard`: the number is well formed up to what is returned, and its value is not told. */
static inline const char *read_number(const char *p, const char *end, double *value, int *is_hard)
{
    int has_sign = p < end && (*p == '-' || *p == '+');
    int is_negative = has_sign && *p == '-';
    p += has_sign;
    if (p < end && (unsigned char)(*p - '0') > 9 && *p != '.')
        return word(p, end, has_sign, is_negative, value);

    uint64_t digits = 0;
    const char *first = p;
    while (p < end && (unsigned char)(*p - '0') <= 9)
        digits = digits * 10 + (uint64_t)(*p++ - '0');
    int64_t count = p - first, power = 0;
    if (p < end && *p == '.') {
        const char *point = ++p;
        while (p < end && (unsigned char)(*p - '0') <= 9)
            digits = digits * 10 + (uint64_t)(*p++ - '0');
        power = point - p;
        count -= power;
    }
    if (count == 0)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *at = p + 1;
        int is_small = at < end && *at == '-';
        at += at < end && (*at == '-' || *at == '+');
        const char *exponent_first = at;
        int64_t exponent = 0;
        for (; at < end && (unsigned char)(*at - '0') <= 9; at++)
            if (exponent < 100000)
                exponent = exponent * 10 + (*at - '0');
        if (at == exponent_first)
            return NULL;
        power += is_small ? -exponent : exponent;
        p = at;
    }
    /* 19 digits fit 64 bits. */
    if (count > 19 || power > 1000 || power < -1000) {
        *is_hard = 1;
        return p;
    }
    if (digits == 0)
        *value = 0.0;
    else if (!narrow(digits, (int)power, value) && !wide(digits, (int)power, value)) {
        *is_hard = 1;
        return p;
    }
    if (is_negative)
        *value = -*value;
    return p;
}
