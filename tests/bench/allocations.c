/* Loaded into a process (LD_PRELOAD), it counts the process's allocations, and writes the number to the file of
   $COUNT_ALLOCATIONS at the end. A process that it starts counts for itself: the variable is taken away. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static atomic_ulong allocations;
static char *path;

void *malloc(size_t size) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return __libc_realloc(block, size);
}

__attribute__((constructor)) static void begin(void) {
    path = getenv("COUNT_ALLOCATIONS");
    unsetenv("COUNT_ALLOCATIONS");
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void) {
    unsigned long counted = atomic_load(&allocations);
    FILE *out = path == NULL ? NULL : fopen(path, "w");
    if (out != NULL) {
        fprintf(out, "%lu\n", counted);
        fclose(out);
    }
}
