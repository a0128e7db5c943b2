/** Title of the error for an answer that did not come in time. */
export const TIMED_OUT = 'timed out';

/** An answer that is not the one asked for; status 0 means that no server answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly requestId: string | null,
    title: string,
    readonly code: string | null = null,
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

/** The problem document (RFC 9457) of a refused request. */
export function problem(response: Response, body: unknown): ApiError {
  const requestId = textOf(body, 'request_id') ?? response.headers.get('x-request-id');
  return new ApiError(response.status, requestId, textOf(body, 'title') ?? response.statusText, textOf(body, 'code'));
}

export const isDenied = (error: unknown): boolean => error instanceof ApiError && error.status === 403;
