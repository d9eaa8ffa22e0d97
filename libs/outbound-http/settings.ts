import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Comma-separated hosts, each with a port or for all ports: `hooks.intern,127.0.0.1:8080`. */
const hosts = z.string().transform((text, context) => {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim().toLowerCase()]));
  for (const host of list) {
    if (!URL.canParse(`http://${host}`) || new URL(`http://${host}`).host !== host.replace(/:80$/, '')) {
      context.addIssue({
        code: 'custom',
        message: `"${host}" is no host such as hooks.intern or 127.0.0.1:8080`,
      });
    }
  }
  return new Set(list);
});

/** Where requests to addresses that users choose may go besides public ones. */
export class OutboundHttpSettings extends defineSettings('Outbound HTTP', {
  allowedHosts: setting('WEBHOOK_ALLOWED_HOSTS', hosts, {
    default: '',
    doc: 'Hosts, comma-separated, with or without a port, to which webhooks and web push are sent although their addresses are private, and over http:// too. For tests and private networks; users can make the worker send requests there.',
  }),
}) {}
