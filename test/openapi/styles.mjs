/*
 * One operation for each parameter style and body that Prism can read: lists of label and matrix
 * break it, and it looks for "%20" where it has decoded that already.
 */
const color = { type: 'array', items: { type: 'string', enum: ['blue', 'black', 'brown'] }, minItems: 2, maxItems: 3 };
/* Prism knows names in a query in lower case only. */
const point = { type: 'object', properties: { r: { type: 'integer', minimum: 100 }, g: { type: 'integer', minimum: 200 } },
    required: ['r', 'g'], additionalProperties: false };
const deep = { type: 'object', required: ['range', 'list', 'rows'], properties: {
    range: { type: 'object', properties: { gte: { type: 'integer' }, lt: { type: 'integer' } }, required: ['gte', 'lt'] },
    list: { type: 'array', items: { type: 'string', enum: ['x', 'y'] }, minItems: 2 },
    rows: { type: 'array', minItems: 2, items: { type: 'object', properties: { price: { type: 'string', minLength: 1 } },
        required: ['price'] } } } };
const responses = { 200: { description: 'done' } };

function operation(name, where, style, explode, schema) {
    const path = where === 'path' ? `/${name}/{color}` : `/${name}`;

    return [path, { get: { operationId: name, responses,
        parameters: [{ name: 'color', in: where, style, explode, required: true, schema }] } }];
}

function body(name, type, schema, encoding) {
    return [`/${name}`, { post: { operationId: name, responses,
        requestBody: { required: true, content: { [type]: { schema, ...(encoding ? { encoding } : {}) } } } } }];
}

const rows = [['simple', 'path', 'simple'], ['label', 'path', 'label'], ['matrix', 'path', 'matrix'], ['form', 'query', 'form'],
    ['header', 'header', 'simple']];

export const STYLES = {
    openapi: '3.0.3',
    info: { title: 'every style', version: '1' },
    servers: [{ url: 'http://127.0.0.1' }],
    paths: Object.fromEntries([
        ...rows.flatMap(([name, where, style]) => [
            operation(`${name}Array`, where, style, false, color),
            operation(`${name}ArrayExploded`, where, style, true, color),
            operation(`${name}Object`, where, style, false, point),
        ]),
        operation('formObjectExploded', 'query', 'form', true, point),
        operation('headerObjectExploded', 'header', 'simple', true, point),
        operation('pipeArray', 'query', 'pipeDelimited', false, color),
        operation('deepObject', 'query', 'deepObject', true, deep),
        body('json', 'application/json', deep),
        body('form', 'application/x-www-form-urlencoded', { type: 'object', properties: { a: { type: 'string', minLength: 3 },
            color, deep, n: { type: 'integer' } }, required: ['a', 'color', 'deep', 'n'] },
        { color: { style: 'form', explode: false }, deep: { style: 'deepObject', explode: true } }),
        body('multipart', 'multipart/form-data', { type: 'object', properties: { a: { type: 'string', minLength: 3 },
            n: { type: 'integer' } }, required: ['a', 'n'], additionalProperties: false }),
        body('text', 'text/plain', { type: 'string' }),
    ]),
};
