/** Title of the error for an answer that did not come in time. */
export const TIMED_OUT = 'timed out';

/** What is wrong with one field: a JSON pointer to it, a stable code, and the server's own words. */
export interface FieldFault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** An answer that is not the one asked for; status 0 means that no server answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly requestId: string | null,
    title: string,
    readonly code: string | null = null,
    readonly fields: readonly FieldFault[] = [],
    readonly detail: string | null = null,
  ) {
    super(title);
    this.name = 'ApiError';
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const textOf = (body: unknown, field: string): string | null => {
  const value = isRecord(body) ? body[field] : undefined;
  return typeof value === 'string' ? value : null;
};

function faultsOf(body: unknown): readonly FieldFault[] {
  const listed = isRecord(body) && Array.isArray(body['errors']) ? (body['errors'] as unknown[]) : [];
  return listed.map((each) => ({
    pointer: textOf(each, 'pointer') ?? '',
    code: textOf(each, 'code') ?? '',
    detail: textOf(each, 'detail') ?? '',
  }));
}

/** The problem document (RFC 9457) of a refused request. */
export function problem(response: Response, body: unknown): ApiError {
  const requestId = textOf(body, 'request_id') ?? response.headers.get('x-request-id');
  const title = textOf(body, 'title') ?? response.statusText;
  return new ApiError(
    response.status, requestId, title, textOf(body, 'code'), faultsOf(body), textOf(body, 'detail'),
  ); // prettier-ignore
}

export const isDenied = (error: unknown): boolean => error instanceof ApiError && error.status === 403;
