import type { PageKey } from '../locales/pages';

/** Every key with what it does. */
export const KEYS: readonly (readonly [string, PageKey])[] = [
  ['/', 'keys.search'], ['?', 'keys.help'], ['Esc', 'keys.close'],
  ['G W', 'nav.today'], ['G C', 'nav.recall'], ['G P', 'nav.patients'], ['G N', 'nav.register'], ['G R', 'nav.review'], ['G D', 'nav.devices'],
  ['J K ↑ ↓', 'keys.rows'], ['Enter', 'keys.open'],
  ['F', 'keys.visit'], ['R', 'keys.reading'], ['T', 'keys.referral'], ['M', 'keys.reveal'], ['V', 'keys.table'],
  ['C', 'keys.alert'], ['P', 'keys.print'],
  ['X', 'keys.choose'], ['A S D', 'keys.tasks'],
  ['E +', 'keys.move'],
  ['A', 'keys.accept'], ['X', 'keys.reject'], ['E', 'keys.time'], ['N', 'keys.call'],
  ['Enter / Shift+Enter', 'keys.next'], ['1 – 9', 'keys.digits'], ['F2', 'keys.carry'], ['F8, Ctrl+Enter', 'keys.save'],
]; // prettier-ignore
