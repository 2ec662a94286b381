#include "base/util.h"
#include "detection/table/huge_pages.h"

#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

void *huge_calloc(size_t count, size_t size_bytes)
{
    size_t bytes = count * size_bytes;
    void *memory = NULL;
    if (bytes < HUGE_PAGE_BYTES || posix_memalign(&memory, HUGE_PAGE_BYTES, bytes) != 0)
        return xcalloc(count, size_bytes);
    madvise(memory, bytes, MADV_HUGEPAGE); /* optional */
    memset(memory, 0, bytes);
    return memory;
}
