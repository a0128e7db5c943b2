/** Dates as the API writes them: `2026-11-20`; months: `2026-11`. */

const clinicDay = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' });

export const clinicToday = (): string => clinicDay.format(new Date());

export const monthOf = (day: string): string => day.slice(0, 7);

/** A month further or earlier. */
export function shiftMonth(month: string, by: number): string {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + by;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** The months that end with the given one, oldest first. */
export const monthsUpTo = (month: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => shiftMonth(month, index + 1 - count));

/** This year's days without the year. */
export const shortDay = (day: string, today: string): string =>
  day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day;

export const clockTime = (at: number): string =>
  new Date(at).toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai' });

/** Whole days from one date to another; negative when it is past. */
export const daysUntil = (day: string, today: string): number =>
  Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);

/** A day so many days later; earlier when negative. */
export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

const clinicMoment = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' });

/** An instant of the API in local time: `2026-11-20 07:30`. */
export const localMoment = (instant: string | number | Date): string => clinicMoment.format(new Date(instant));
