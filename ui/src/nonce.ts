/** The nonce the server put into this page; the attribute itself is hidden from selectors, the property is not. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
