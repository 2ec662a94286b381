#include "base/util.h"
#include "detection/table/huge_pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static void *aligned(size_t bytes)
{
    void *memory = NULL;
    if (bytes < HUGE_PAGE_BYTES || posix_memalign(&memory, HUGE_PAGE_BYTES, bytes) != 0)
        return NULL;
    madvise(memory, bytes, MADV_HUGEPAGE); /* optional */
    return memory;
}

void *huge_alloc(size_t bytes)
{
    void *memory = aligned(bytes);
    return memory ? memory : xrealloc(NULL, bytes);
}

void huge_cut(void *memory, size_t from, size_t bytes)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
    uintptr_t first = ((uintptr_t)memory + from + page) & ~page;
    uintptr_t end = ((uintptr_t)memory + bytes) & ~page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED); /* optional */
}

void *huge_calloc(size_t count, size_t size_bytes)
{
    size_t bytes = count * size_bytes;
    void *memory = aligned(bytes);
    return memory ? memset(memory, 0, bytes) : xcalloc(count, size_bytes);
}
