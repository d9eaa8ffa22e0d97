import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Comma-separated hosts, each with a port or for all ports: `hooks.intern,127.0.0.1:8080`. */
const hosts = z.string().transform((text, context) => {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim().toLowerCase()]));
  for (const host of list) {
    if (!URL.canParse(`http://${host}`) || new URL(`http://${host}`).host !== host.replace(/:80$/, '')) {
      context.addIssue({
        code: 'custom',
        message: `"${host}" is not a host such as hooks.intern or 127.0.0.1:8080`,
      });
    }
  }
  return new Set(list);
});

/** Exceptions from the rule that requests to URLs of users reach only public addresses. */
export class OutboundHttpSettings extends defineSettings('Outbound HTTP', {
  allowedHosts: setting('WEBHOOK_ALLOWED_HOSTS', hosts, {
    default: '',
    doc: 'Comma-separated hosts, with or without a port, that webhooks and web push can reach even at private addresses and over http://. For tests and private networks. Warning: users can make the worker send requests to these hosts.',
  }),
}) {}
