export { MailEvents } from './mail-events';
export { MailEventsRefused } from './refused';
