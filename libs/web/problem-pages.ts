import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { definedRules, NotFound, Rejection } from '@rookery/domain';
import type { FastifyReply } from 'fastify';
import { Public } from './access';
import { Cacheable, varyBy } from './caching';
import { escapeHtml, sendPage } from './html-page';
import { definedProblems, problemByCode, type ProblemDefinition, Problems } from './problems';
import { type ParamSchema, paramSchemas } from './rule-schemas';

/** Cache time of the pages, which change only with a new version. */
const MAX_AGE_SECONDS = 3_600;

/** The pages behind the `type` of a problem: HTML for people, JSON on request. */
@Public()
@ApiExcludeController()
@Controller('problems')
export class ProblemPages {
  @Get()
  @Cacheable(MAX_AGE_SECONDS)
  all(@Headers('accept') accept: string | undefined, @Res() reply: FastifyReply): void {
    const problems = definedProblems();
    varyBy(reply, 'Accept');
    if (wantsJson(accept)) return void reply.send({ data: problems, page: { nextCursor: null } });
    const rows = problems.map(
      ({ code, status, title }) =>
        `<tr><td>${status}</td><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${escapeHtml(title)}</td></tr>`,
    );
    sendPage(reply, { title: 'Problems', body: `<h1>Problems</h1><table>${rows.join('')}</table>` });
  }

  @Get(':code')
  @Cacheable(MAX_AGE_SECONDS)
  one(
    @Param('code') code: string,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    const problem = problemByCode(code);
    if (!problem) throw new Rejection(NotFound);
    varyBy(reply, 'Accept');
    if (wantsJson(accept))
      return void reply.send({ ...problem, ...(problem === Problems.invalid && { rules: rules() }) });
    sendPage(reply, { title: problem.title, body: bodyOf(problem) });
  }
}

function wantsJson(accept = ''): boolean {
  return accept.includes('application/json') && !accept.includes('text/html');
}

function bodyOf({ title, status, code, meaning, remedy }: ProblemDefinition): string {
  return (
    `<h1>${escapeHtml(title)}</h1><p><code>${code}</code>, status ${status}</p>` +
    `<h2>What it means</h2><p>${escapeHtml(meaning)}</p><h2>What to do</h2><p>${escapeHtml(remedy)}</p>` +
    (code === Problems.invalid.code ? rulesAsHtml() : '') +
    '<p><a href="/problems">All problems</a></p>'
  );
}

/** Possible values of `errors[].code`, each with its meaning and the JSON Schemas of its parameters. */
function rules(): object {
  return Object.fromEntries(
    definedRules().map((rule) => [rule.code, { meaning: rule.meaning, params: paramSchemas(rule) }]),
  );
}

function rulesAsHtml(): string {
  const rows = definedRules().map((rule) => {
    const params = Object.entries(paramSchemas(rule)).map(
      ([name, schema]) =>
        `<code>${name}</code> (${escapeHtml(valuesOf(schema))}): ${withCode(schema.description ?? '')}`,
    );
    return `<tr><td><code>${rule.code}</code></td><td>${escapeHtml(rule.meaning)}</td><td>${params.join('<br>')}</td></tr>`;
  });
  return (
    '<h2>The rules</h2><p><code>errors[].code</code> is one of these, here and in the <code>errors</code> of every ' +
    'other problem. <code>errors[].params</code> has the values that a client needs to write its own message. ' +
    'New codes can be added: show <code>message</code> for a code that you do not know.</p>' +
    `<table><tr><th>code</th><th>What it means</th><th>params</th></tr>${rows.join('')}</table>`
  );
}

/** @returns the values of a parameter, or their JSON type. */
function valuesOf({ enum: values, type, items }: ParamSchema): string {
  if (Array.isArray(values)) return values.join(', ');
  return items ? `list of ${valuesOf(items as ParamSchema)}` : [type].flat().join(' or ');
}

/** @returns escaped HTML, with text between backticks as code */
function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
