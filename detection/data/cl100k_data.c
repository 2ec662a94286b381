#include "detection/data/cl100k_data.h"

#include "base/util.h"

/* The Makefile lists the file as a dependency. */
__asm__(".section .rodata\n"
        ".global detection_cl100k_start\n"
        ".global detection_cl100k_bytes\n"
        "detection_cl100k_start:\n"
        ".incbin \"detection/data/cl100k_base.tiktoken.xz\"\n"
        "detection_cl100k_end:\n"
        ".balign 8\n"
        "detection_cl100k_bytes: .quad detection_cl100k_end - detection_cl100k_start\n"
        ".previous\n");
extern const char detection_cl100k_start[];
extern const uint64_t detection_cl100k_bytes;

slice cl100k_data(void)
{
    return (slice){.data = detection_cl100k_start, .len = (size_t)detection_cl100k_bytes};
}
