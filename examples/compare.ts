/*
 * Reads every document in a folder through tools, compares those that speak of the same things, and writes a
 * report. The reads run at once; the write waits until a person allows it.
 */
interface Input {
    folder: string;
    report: string;
}

interface Action {
    id: string;
    owner: string;
    due: string;
    done: boolean;
}

type Rows = Record<string, string>[];

const { folder, report } = input as Input;

/* A call of the file server gives { content }. */
async function read(name: string): Promise<string> {
    const { content } = (await tools.docs.read_text_file({ path: `${folder}/${name}` })) as { content: string };
    return content;
}

function parseCsv(text: string): Rows {
    const [head, ...lines] = text.trim().split('\n').map((line) => line.split(','));
    return lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])));
}

function parseActions(minutes: string): Map<string, Action> {
    const actions = new Map<string, Action>();
    for (const [, mark, id, owner, due] of minutes.matchAll(/^- \[(.)\] (A-\d+) (\w+):.*by (\S+)$/gm)) {
        actions.set(id, { id, owner, due, done: mark === 'x' });
    }
    return actions;
}

/* What the latest minutes say about each action, beside what the tracker says. */
function compareActions(minutes: string[], tracker: Rows): string[] {
    const latest = new Map<string, Action>();
    for (const text of minutes) {
        for (const [id, action] of parseActions(text)) latest.set(id, action);
    }
    const found: string[] = [];
    for (const action of latest.values()) {
        const row = tracker.find((r) => r.id === action.id);
        if (!row) {
            found.push(`${action.id} (${action.owner}) is in the minutes and not in the tracker`);
            continue;
        }
        if ((row.state === 'done') !== action.done) {
            found.push(`${action.id} is ${action.done ? 'done' : 'open'} in the minutes and ${row.state} in the tracker`);
        }
        if (row.due !== action.due) {
            found.push(`${action.id} is due ${action.due} in the minutes and ${row.due} in the tracker`);
        }
    }
    return found;
}

function compareBudgets(before: Rows, after: Rows): string[] {
    const amounts = (rows: Rows) => new Map(rows.map((row) => [row.item, Number(row.amount)] as [string, number]));
    const [old, now] = [amounts(before), amounts(after)];
    const items = [...new Set([...old.keys(), ...now.keys()])];
    return items
        .map((item) => ({ item, change: (now.get(item) ?? 0) - (old.get(item) ?? 0) }))
        .filter(({ change }) => change !== 0)
        .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
        .map(({ item, change }) => `${item}: ${change > 0 ? '+' : ''}${change}`);
}

/* How much of the words of the shorter text stand in the other too. */
function overlap(a: string, b: string): number {
    const words = (text: string) => new Set(text.toLowerCase().match(/[a-z]+/g) ?? []);
    const [left, right] = [words(a), words(b)];
    const shared = [...left].filter((word) => right.has(word)).length;
    return Math.round((100 * shared) / Math.min(left.size, right.size));
}

const listing = (await tools.docs.list_directory({ path: folder })) as { content: string };
const names = [...listing.content.matchAll(/^\[FILE\] (.+)$/gm)].map((m) => m[1]).filter((name) => name !== report);
console.log(`reading ${names.length} documents at once`);

const texts = new Map<string, string>();
await Promise.all(
    names.map(async (name) => {
        texts.set(name, await read(name));
    }),
);
emit({ read: texts.size, bytes: [...texts.values()].reduce((sum, text) => sum + text.length, 0) });

const named = (pattern: RegExp) => names.filter((name) => pattern.test(name)).sort().map((name) => texts.get(name)!);
const actions = compareActions(named(/^minutes-/), parseCsv(texts.get('actions.csv')!));
const budgets = named(/^budget-/).map(parseCsv);
const changes = compareBudgets(budgets[0], budgets[1]);
const [first, second] = named(/^licence-/);
const shared = overlap(first, second);

const bullets = (lines: string[]) => lines.map((line) => `- ${line}`).join('\n');
await tools.docs.write_file({
    path: `${folder}/${report}`,
    content: `# What ${names.length} documents say

## Actions that the minutes and the tracker see differently

${bullets(actions)}

## What changed in the budget

${bullets(changes)}

## Licences

${shared} % of the words of the shorter licence stand in the other too.
`,
});
return { documents: names.length, actions, changes, licencesShare: `${shared} %`, report };
