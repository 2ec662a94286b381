#include "base/digest/shard.h"

#include "decon/base/digest.h"
#include "base/util.h"

unsigned shard_of_key(const char *key, unsigned host_count)
{
    uint8_t digest[MD5_BYTES];
    md5(slice_from(key), digest);
    uint64_t rest = 0; /* long division, one byte at a time */
    for (size_t i = 0; i < sizeof digest; i++)
        rest = (rest * 256 + digest[i]) % host_count;
    return (unsigned)rest;
}
