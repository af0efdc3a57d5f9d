/* Runs a fuzz target over its saved corpus: every file of the folder given. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void run_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    static uint8_t data[1 << 20];
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, f));
    fclose(f);
}

int main(int argc, char **argv)
{
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (entry->d_name[0] != '.')
            run_file(argv[1], entry->d_name);
    if (d)
        closedir(d);
    return 0;
}
