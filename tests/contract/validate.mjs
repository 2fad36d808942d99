// Judges requests and answers by an OpenAPI document, for test_contract.py: a question on each line
// of standard input, its answer on a line of standard output, both JSON.
//
//     node validate.mjs openapi.yaml
//
//     {}                                          the operations: what the document says of each
//     {operation, request}                        {errors}: of a request's body
//     {operation, status, headers, body}          {errors}: of an answer; names in lower case
//     {response, headers, body}                   {errors}: of an answer that no operation gives

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const api = parse(readFileSync(process.argv[2], 'utf8'));
const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateSchema: false });
const compiled = new Map();

addFormats.default(ajv);
ajv.addSchema(api, 'api');

const escaped = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (name) => name.replaceAll('~1', '/').replaceAll('~0', '~');
const at = (names) => names.reduce((object, name) => object?.[name], api);

// Where something of the document stands, a $ref that is found there followed.
function follow(names) {
	const ref = at(names)?.$ref;
	return ref === undefined ? names : follow(ref.slice(2).split('/').map(unescaped));
}

function validator(names) {
	const pointer = names.map((name) => encodeURIComponent(escaped(String(name)))).join('/');
	if (!compiled.has(pointer)) compiled.set(pointer, ajv.compile({ $ref: `api#/${pointer}` }));
	return compiled.get(pointer);
}

function faults(names, value) {
	const validate = validator(names);
	if (validate(value)) return [];
	return validate.errors.map((error) => {
		const what = error.params ? ` ${JSON.stringify(error.params)}` : '';
		return `${error.instancePath || '""'} ${error.message}${what}`;
	});
}

function* operations() {
	for (const [path, item] of Object.entries(api.paths)) {
		for (const method of METHODS.filter((name) => name in item)) {
			yield { names: ['paths', path, method], path, method, operation: item[method] };
		}
	}
}

function find(id) {
	for (const found of operations()) if (found.operation.operationId === id) return found;
	throw new Error(`no operation ${id}`);
}

// All values that a member `code` may have, below some place of the document.
function codes(names) {
	const found = new Set();
	const visit = (place) => {
		const value = at(place);
		if (value === null || typeof value !== 'object') return;
		if (value.$ref !== undefined) visit(follow(place));
		if (place.at(-2) === 'properties' && place.at(-1) === 'code') {
			(value.enum ?? [value.const]).forEach((code) => code && found.add(code));
		}
		Object.keys(value).forEach((name) => visit([...place, name]));
	};
	visit(names);
	return [...found];
}

function describe() {
	return [...operations()].map(({ names, path, method, operation }) => ({
		operation: operation.operationId,
		path,
		method: method.toUpperCase(),
		callers: operation['x-callers'],
		responses: Object.fromEntries(
			Object.keys(operation.responses).map((status) => [
				status,
				codes([...follow([...names, 'responses', status]), 'content']),
			]),
		),
	}));
}

function judgeHeaders(response, headers) {
	return Object.keys(at(response).headers ?? {}).flatMap((name) => {
		const header = follow([...response, 'headers', name]);
		const text = headers[name.toLowerCase()];
		if (text === undefined) return at(header).required ? [`no header ${name}`] : [];
		const value = at([...header, 'schema']).type === 'integer' ? Number(text) : text;
		return faults([...header, 'schema'], value).map((fault) => `${name}: ${fault}`);
	});
}

function judgeAnswer(response, { headers, body }) {
	const type = headers['content-type'];
	const media = [...response, 'content', type];
	if (at(media) === undefined) return [`the type ${type} is not in the document`];
	return [...judgeHeaders(response, headers), ...faults([...media, 'schema'], body)];
}

function judgeRequest({ names }, body) {
	return faults([...names, 'requestBody', 'content', 'application/json', 'schema'], body);
}

function answer(question) {
	if (question.response !== undefined)
		return { errors: judgeAnswer(['components', 'responses', question.response], question) };
	if (question.operation === undefined) return describe();
	const found = find(question.operation);
	if ('request' in question) return { errors: judgeRequest(found, question.request) };
	const response = follow([...found.names, 'responses', String(question.status)]);
	if (at(response) === undefined)
		return { errors: [`the status ${question.status} is not in the document`] };
	return { errors: judgeAnswer(response, question) };
}

for await (const line of createInterface({ input: process.stdin })) {
	process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
