#include "orchestrator/monitor/status_page.h"

#include "base/util.h"

/* The bytes of the file; the Makefile lists it as a dependency. */
__asm__(".section .rodata\n"
        ".global orchestrator_status_page_start\n"
        "orchestrator_status_page_start:\n"
        ".incbin \"orchestrator/monitor/status_page.html\"\n"
        ".byte 0\n"
        ".previous\n");
extern const char orchestrator_status_page_start[];

slice status_page(void)
{
    return slice_from(orchestrator_status_page_start);
}
