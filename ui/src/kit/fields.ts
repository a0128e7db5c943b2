import { ApiError } from '../api/errors';
import { clinicToday } from '../dates';
import type { Codes } from '../locales/codes';
import type { PageKey, PageWords } from '../locales/pages';
import type { Draft } from './drafts';
import type { Favourite } from './favourites';

/** One field of a form: what it is called, how it is typed, and how it becomes JSON. A dotted name lies in an object. */
export interface Field {
  readonly name: string;
  readonly label: PageKey;
  readonly kind: 'text' | 'area' | 'number' | 'date' | 'moment' | 'code' | 'codes' | 'pick' | 'flag' | 'secret';
  readonly codes?: Codes;
  /** Codes that depend on what is typed elsewhere. */
  readonly codesOf?: (draft: Draft) => Codes;
  /** The API takes the code as a number. */
  readonly whole?: boolean;
  readonly unit?: string;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly hint?: PageKey;
  readonly wide?: boolean;
  /** Names to choose from while typing. */
  readonly suggest?: readonly string[];
  /** Medicines of the clinic are offered first; one that is chosen fills these fields. */
  readonly offers?: (one: Favourite) => Draft;
  /** What is asked back before it is sent; null when nothing is to be doubted. */
  readonly doubt?: (typed: string) => PageKey | null;
  /** Is it asked for, given what is typed elsewhere? */
  readonly when?: (draft: Draft) => boolean;
  /** The code of a group that excludes all others. */
  readonly alone?: string;
}

export type Faults = Readonly<Record<string, string>>;

/** `1120`, `20261120`, `2026-1-5` and full-width digits as `2026-11-20`; null when it is no date. */
export function readDate(typed: string): string | null {
  const plain = typed.normalize('NFKC').trim().replace(/[./]/g, '-');
  const compact = /^(\d{4})?(\d{2})(\d{2})$/.exec(plain);
  const spaced = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(plain);
  const [, year, month, day] = compact ?? spaced ?? [];
  if (month === undefined || day === undefined) return null;
  const iso = `${year ?? clinicToday().slice(0, 4)}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? null : iso;
}

const readNumber = (typed: string): number | null => {
  const plain = typed.normalize('NFKC').trim();
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
};

export const shownFields = (fields: readonly Field[], draft: Draft): readonly Field[] =>
  fields.filter((field) => field.when?.(draft) ?? true);

function valueOf(field: Field, typed: string): unknown {
  const code = (one: string) => (field.whole ? Number(one) : one);
  switch (field.kind) {
    case 'number':
      return readNumber(typed);
    case 'date':
      return readDate(typed);
    case 'moment':
      return `${typed.length === 16 ? `${typed}:00` : typed}+08:00`;
    case 'codes':
      return typed.split(',').map(code);
    case 'code':
    case 'pick':
      return code(typed);
    case 'flag':
      return typed === 'yes';
    default:
      return field.kind === 'secret' ? typed : typed.trim();
  }
}

/** The JSON of what was typed; empty fields are left out. `loose`: what cannot be read yet stays as it was typed. */
export function bodyOf(fields: readonly Field[], draft: Draft, loose = false): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of shownFields(fields, draft)) {
    const typed = draft[field.name] ?? '';
    if (typed.trim() === '') continue;
    const path = field.name.split('.');
    const last = path.pop() ?? field.name;
    let place = body;
    for (const step of path) place = (place[step] ??= {}) as Record<string, unknown>;
    place[last] = valueOf(field, typed) ?? (loose ? typed : null);
  }
  return body;
}

const typedOf = (field: Field, value: unknown): string => {
  if (value === null || value === undefined || value === false) return '';
  if (value === true) return 'yes';
  if (Array.isArray(value)) return value.map(String).join(',');
  const said = String(value);
  return field.kind === 'number' && /^-?\d+\.\d+$/.test(said) ? String(Number(said)) : said;
};

/** The way back of `bodyOf`: what would have been typed to get this JSON. Fields that it lacks are left out. */
export function draftOf(fields: readonly Field[], body: unknown): Draft {
  const draft: Record<string, string> = {};
  for (const field of fields) {
    let place: unknown = body;
    for (const step of field.name.split('.')) {
      place = typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[step] : undefined;
    }
    const typed = typedOf(field, place);
    if (typed !== '') draft[field.name] = typed;
  }
  return draft;
}

/** What can be seen to be wrong before anything is sent. */
export function faultsIn(fields: readonly Field[], draft: Draft, { t }: PageWords): Faults {
  const faults: Record<string, string> = {};
  for (const field of shownFields(fields, draft)) {
    const typed = (draft[field.name] ?? '').trim();
    const label = t(field.label);
    if (typed === '') {
      if (field.required) faults[field.name] = t('form.missing', { label });
    } else if (field.kind === 'number' && readNumber(typed) === null) faults[field.name] = t('form.number', { label });
    else if (field.kind === 'date' && readDate(typed) === null) faults[field.name] = t('form.date', { label });
    const doubt = typed === '' ? null : (field.doubt?.(typed.normalize('NFKC')) ?? null);
    if (doubt) faults[field.name] = t(doubt);
  }
  return faults;
}

const fieldOf = (pointer: string): string => pointer.replace(/^\/(fact\/|findings\/|visit\/|items\/\d+\/)?/, '').replace(/\//g, '.');

/** What the server found wrong, by field; under '' what belongs to no field that is shown. */
export function faultsFrom(error: unknown, fields: readonly Field[], words: PageWords): Faults {
  if (error === null || error === undefined) return {};
  if (!(error instanceof ApiError)) return { '': words.t('state.network') };
  if (error.fields.length === 0) return { '': refusal(error, words) };
  const faults: Record<string, string> = {};
  for (const { pointer, code, detail } of error.fields) {
    const name = fieldOf(pointer);
    const known = fields.find((field) => name === field.name || name.startsWith(`${field.name}.`));
    const key = `fault.${code}`;
    const said = words.language !== 'en' && words.has(key) ? words.t(key) : detail;
    faults[known?.name ?? ''] = known ? said : `${name}: ${said}`;
  }
  return faults;
}

/** A refusal that names no field, in words, with the request to ask about. */
export function refusal(error: unknown, words: PageWords): string {
  if (!(error instanceof ApiError) || error.status === 0) return words.t('state.network');
  const key = `refused.${error.code}`;
  const said = words.has(key) ? words.t(key) : (error.detail ?? words.t('state.server', { status: error.status }));
  return error.requestId ? `${said} ${words.t('state.requestId', { id: error.requestId })}` : said;
}
