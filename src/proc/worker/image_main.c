/*
 * image - boots the machine while Writ is built, and writes what every program starts from: two
 * files, the bytes and the C around them. Booting is deterministic (engine_test.c compares), and
 * the memory of a WebAssembly machine is the same on every kind of computer.
 */
#include "proc/worker/internal.h"

#include <stdio.h>

static bool write_bytes(const char *path, const struct worker__image *image)
{
    FILE *file = fopen(path, "wb");
    bool whole = file && fwrite(image->bytes, 1, image->len, file) == image->len;

    if (file && fclose(file) != 0)
        whole = false;
    return whole;
}

static bool write_code(const char *path, const char *bytes, const struct worker_engine *engine)
{
    const struct worker__handles *handles = &engine->handles;
    FILE *file = fopen(path, "w");
    int n = -1;

    if (!file)
        return false;
    n = fprintf(
        file,
        "#include \"proc/worker/internal.h\"\n\n"
        "__asm__(\".section .rodata\\n.balign 4096\\n.globl worker__image_bytes\\n\"\n"
        "        \".hidden worker__image_bytes\\nworker__image_bytes:\\n.incbin \\\"%s\\\"\\n\"\n"
        "        \".text\\n\");\n"
        "extern const uint8_t worker__image_bytes[] __attribute__((visibility(\"hidden\")));\n\n"
        "const struct worker_engine_made worker_engine_made = {\n"
        "    .image = { worker__image_bytes, %zu, %u, %u },\n"
        "    .handles = { %u, %u, %u, %u, %u, %u, %u, %u, %u, %u },\n    .digest = { {",
        bytes, engine->image->len, engine->image->pages, engine->image->stack_pointer,
        handles->program_name, handles->start, handles->answered, handles->rejected, handles->fire,
        handles->fail, handles->unhandled, handles->empty, handles->yes, handles->no);
    for (size_t i = 0; n > 0 && i < DIGEST_LEN; i++)
        n = fprintf(file, " %u,", engine->digest.bytes[i]);
    if (n > 0)
        n = fprintf(file, " } },\n};\n");
    return fclose(file) == 0 && n > 0;
}

int main(int argc, char **argv)
{
    const struct worker_engine_config config = { .warm_count = 1 };
    struct worker_engine *engine = NULL;
    bool written;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: image BYTES CODE\n");
        return 2;
    }
    if (worker_engine_new(&config, &engine) < 0) {
        (void)fprintf(stderr, "image: the prelude does not run\n");
        return 1;
    }
    written = write_bytes(argv[1], engine->image) && write_code(argv[2], argv[1], engine);
    worker_engine_free(engine);
    if (!written)
        (void)fprintf(stderr, "image: cannot write %s or %s\n", argv[1], argv[2]);
    return written ? 0 : 1;
}
