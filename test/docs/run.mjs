#!/usr/bin/env node
/*
 * run - the examples of the documents are run, and what they print is compared.
 *
 *     run.mjs BUILD-FOLDER
 *
 * An example is a block of man/ between .Bd -literal and .Ed, or a ```console block of a Markdown file, whose
 * first line begins with "$ ". Each "$ " line is a command; the lines below it are what it prints on standard
 * output, where ... stands for anything, and a line that is only ... for any number of lines. All run in one
 * folder of their own, in order.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const build = resolve(process.argv[2]);

function manBlocks(text) {
    const blocks = [];
    let block = null;

    for (const [index, line] of text.split('\n').entries()) {
        if (line.startsWith('.Bd -literal'))
            block = { line: index + 2, lines: [] };
        else if (line === '.Ed' && block) {
            blocks.push(block);
            block = null;
        } else if (block)
            block.lines.push(line.replace(/^\\&/, '').replaceAll('\\e', '\\'));
    }
    return blocks;
}

function markdownBlocks(text) {
    const blocks = [];
    let block = null;

    for (const [index, line] of text.split('\n').entries()) {
        if (!block && line === '```console')
            block = { line: index + 2, lines: [] };
        else if (block && line === '```') {
            blocks.push(block);
            block = null;
        } else if (block)
            block.lines.push(line);
    }
    return blocks;
}

/* [{ line, command, expected }] of one block. */
function stepsOf(block) {
    const steps = [];

    for (const [index, line] of block.lines.entries()) {
        if (line.startsWith('$ '))
            steps.push({ line: block.line + index, command: line.slice(2), expected: [] });
        else if (steps.length > 0)
            steps.at(-1).expected.push(line);
    }
    return steps;
}

function filesWithExamples() {
    const man = readdirSync(join(root, 'man')).map((name) => join('man', name));
    const marked = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).split('\n');

    return [...man, ...marked].filter((name) => name !== '');
}

function blocksOf(name) {
    const text = readFileSync(join(root, name), 'utf8');
    const blocks = name.endsWith('.md') ? markdownBlocks(text) : manBlocks(text);

    return blocks.filter((block) => block.lines[0]?.startsWith('$ '));
}

function pattern(expected) {
    const lines = expected.map((line) => {
        if (line === '...')
            return '(?:.*\\n)*';
        return line.split('...').map((part) => part.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&')).join('.*') + '\\n';
    });

    return new RegExp(`^${lines.join('')}$`);
}

function runStep(step, env, name) {
    const ran = spawnSync('bash', ['-c', step.command], { cwd: root, env, encoding: 'utf8', timeout: 30000 });

    if (ran.status === 0 && pattern(step.expected).test(ran.stdout))
        return true;
    console.log(`${name}:${step.line}: $ ${step.command}\nexpected:\n${step.expected.join('\n')}\n` +
        `printed (exit ${ran.status}):\n${ran.stdout}${ran.stderr}`);
    return false;
}

const home = mkdtempSync(join(tmpdir(), 'writ-docs-'));
const env = { ...process.env, WRIT_HOME: home, PATH: `${build}:${process.env.PATH}`, NO_COLOR: '1' };
let failed = 0;
let count = 0;

for (const name of filesWithExamples())
    for (const block of blocksOf(name))
        for (const step of stepsOf(block)) {
            count++;
            failed += runStep(step, env, name) ? 0 : 1;
        }
/* Only a person may end it: in a terminal. */
spawnSync('script', ['-qec', `${join(build, 'writ')} down`, '/dev/null'], { env });
rmSync(home, { recursive: true, force: true });
console.log(`${count} examples, ${failed} wrong`);
process.exit(failed === 0 && count > 0 ? 0 : 1);
