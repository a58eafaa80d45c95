/*
 * Arguments from a schema, the same every time: all members that can be made, values that have to
 * be encoded, and lists of two where that is allowed. Gives undefined where it does not know how.
 */
const DEPTH_MAX = 6;

const FORMATS = {
    'date': '2026-02-03', 'date-time': '2026-02-03T04:05:06Z', 'time': '04:05:06Z',
    'email': 'a.b@example.com', 'uri': 'https://example.com/a?b=c&d=e', 'url': 'https://example.com/a?b=c',
    'uuid': '123e4567-e89b-42d3-a456-426614174000', 'ipv4': '192.0.2.1', 'ipv6': '2001:db8::1',
    'hostname': 'example.com', 'byte': 'aGVsbG8=', 'uri-reference': '/a?b=c', 'duration': 'P1D',
};
/* Nothing that a form or a reader of delimiters would split. */
const TEXTS = ['a b&c=d+e/f?g#h%i', 'é~\'"<>', 'abc', 'a', 'ABC', '1', '00000000', 'abcdefgh12', 'a-b', '2026-02-03',
    'https://example.com/', '123e4567-e89b-42d3-a456-426614174000', 'a@example.com', '0123456789abcdef01234567'];

function text(schema) {
    const fits = (candidate) => {
        /* An empty one is none to Prism. */
        if (candidate.length < Math.max(schema.minLength ?? 0, 1) || candidate.length > (schema.maxLength ?? Infinity))
            return false;
        try {
            return !schema.pattern || new RegExp(schema.pattern, 'u').test(candidate);
        } catch {
            return false;
        }
    };
    const known = [schema.const, FORMATS[schema.format], schema.default, ...(schema.examples ?? [])];
    const padded = 'x'.repeat(Math.min(schema.minLength ?? 1, 4096));

    return [...known.filter((one) => typeof one === 'string'), ...TEXTS, padded].find(fits);
}

function number(schema, whole) {
    const low = schema.minimum ?? (schema.exclusiveMinimum !== undefined ? schema.exclusiveMinimum + 1 : undefined);
    const high = schema.maximum ?? (schema.exclusiveMaximum !== undefined ? schema.exclusiveMaximum - 1 : undefined);
    const step = schema.multipleOf;
    let value = low ?? Math.min(whole ? 7 : 7.5, high ?? Infinity);

    if (whole)
        value = Math.ceil(value);
    if (step)
        value = Math.ceil(value / step) * step;
    return high !== undefined && value > high ? undefined : value;
}

export class Arguments {
    constructor({ schema, defs }) {
        this.schema = schema;
        this.defs = defs;
    }

    /* $ref and allOf, one level of each at a time. */
    flat(schema, depth) {
        if (depth > 20 || typeof schema !== 'object' || schema === null)
            return schema === true || schema === undefined ? {} : schema;
        let all = schema;

        if (schema.$ref) {
            const { $ref, ...rest } = schema;
            const name = decodeURIComponent($ref.replace('#/$defs/', '')).replaceAll('~1', '/').replaceAll('~0', '~');

            all = { ...this.flat(this.defs[name], depth + 1), ...rest };
        }
        if (all.allOf) {
            const { allOf, ...rest } = all;
            const parts = [...allOf, rest].map((one) => this.flat(one, depth + 1));

            all = Object.assign({}, ...parts);
            all.properties = Object.assign({}, ...parts.map((one) => one?.properties));
            all.required = parts.flatMap((one) => one?.required ?? []);
            if (!Object.keys(all.properties).length)
                delete all.properties;
        }
        return all;
    }

    branch(schema, depth) {
        const { oneOf, anyOf, ...rest } = schema;
        const branches = (oneOf ?? anyOf).map((one) => this.flat(one, 0)).filter((one) => one?.type !== 'null');

        for (const one of branches) {
            const made = this.make({ ...rest, ...one,
                ...(rest.properties && one.properties ? { properties: { ...rest.properties, ...one.properties } } : {}),
                required: [...(rest.required ?? []), ...(one.required ?? [])] }, depth + 1);

            if (made !== undefined)
                return made;
        }
        return undefined;
    }

    object(schema, depth) {
        const made = {};
        const required = new Set(schema.required ?? []);

        for (const [name, one] of Object.entries(schema.properties ?? {})) {
            if (!required.has(name) && depth > 2)
                continue;
            const value = name === '$base64' ? 'aGVsbG8=' : this.make(one, depth + 1);

            if (value !== undefined)
                Object.defineProperty(made, name, { value, enumerable: true });
            else if (required.has(name))
                return undefined;
        }
        return made;
    }

    array(schema, depth) {
        const count = Math.min(Math.max(schema.minItems ?? 0, 2), schema.maxItems ?? 2);
        const items = this.flat(schema.items ?? {}, 0);
        const one = this.make(items, depth + 1);

        if (one === undefined)
            return (schema.minItems ?? 0) === 0 ? [] : undefined;
        if (count === 0)
            return [];
        if (items.enum && items.enum.length >= count)
            return items.enum.slice(0, count);
        return schema.uniqueItems ? (count > (schema.minItems ?? 0) ? [one] : undefined) : Array(count).fill(one);
    }

    make(given, depth) {
        const schema = this.flat(given, 0);

        if (schema === false || depth > DEPTH_MAX)
            return undefined;
        if (schema.const !== undefined)
            return schema.const;
        if (schema.enum)
            return schema.enum.find((one) => one !== null && one !== '');
        if (schema.oneOf || schema.anyOf)
            return this.branch(schema, depth);
        const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;

        if (type === 'object' || (!type && schema.properties))
            return this.object(schema, depth);
        if (type === 'array' || (!type && schema.items))
            return this.array(schema, depth);
        if (type === 'integer' || type === 'number')
            return number(schema, type === 'integer' || /^u?int/.test(schema.format ?? ''));
        if (type === 'boolean')
            return true;
        return type === 'string' || !type ? text(schema) : undefined;
    }

    all() {
        return this.make(this.schema, 0);
    }
}
