/*
 * Stands in for libFuzzer where it is not linked: gives a fuzz target the empty input and every
 * file of the folder named, in turn. A folder that is not there is an empty one.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REPLAY_BYTES_MAX (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replay_file(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *data;
    size_t size;
    FILE *file;

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
        return 0;
    file = fopen(path, "rb");
    if (!file)
        return 0;
    /* Of the input's own size, so that a sanitizer sees a read past its end. */
    data = malloc(REPLAY_BYTES_MAX);
    size = data ? fread(data, 1, REPLAY_BYTES_MAX, file) : 0;
    (void)fclose(file);
    if (size) {
        uint8_t *exact = realloc(data, size);

        if (!exact)
            abort();
        data = exact;
        (void)LLVMFuzzerTestOneInput(data, size);
    }
    free(data);
    return size > 0;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    struct dirent *entry;

    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            count += replay_file(argv[1], entry->d_name);
    if (folder)
        (void)closedir(folder);
    printf("%zu inputs\n", count);
    return 0;
}
