/* Every byte value, compiled and read back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'asset2c-'));
const file = (name) => join(folder, name);
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) % 256));

try {
    writeFileSync(file('in'), bytes);
    execFileSync(process.execPath, [join(here, 'asset2c.mjs'), 'sample', file('in'),
        file('sample.h'), file('sample.c')]);
    writeFileSync(file('main.c'), '#include "sample.h"\n#include <stdio.h>\n' +
        'int main(void)\n{\n    return fwrite(sample, 1, SAMPLE_LEN, stdout) != SAMPLE_LEN ||' +
        ' sample[SAMPLE_LEN] != 0;\n}\n');
    execFileSync('cc', ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror',
        file('main.c'), file('sample.c'), '-o', file('main')]);
    const back = execFileSync(file('main'));

    if (!back.equals(bytes)) {
        console.error('asset2c: what came back is not what went in');
        process.exitCode = 1;
    }
} finally {
    rmSync(folder, { recursive: true });
}
