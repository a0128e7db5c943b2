"""200 % zoom (WCAG 1.4.4, 1.4.10): a window of half the width and height, read and used by scrolling down.

A browser's zoom halves the window in CSS pixels: 1366×768 becomes 683×384. Wide tables scroll inside themselves.
"""

from playwright.sync_api import Page, ViewportSize

ZOOMED: ViewportSize = {"width": 683, "height": 384}

# Controls that cannot be reached: of no size, or beyond the window where nothing around them scrolls sideways.
_OUT_OF_REACH = """() => {
  const scrolls = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (/auto|scroll/.test(style.overflowX) && at.scrollWidth > at.clientWidth) return true;
    }
    return false;
  };
  const controls = document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=tab]');
  return Array.from(controls).filter((one) => {
    const style = getComputedStyle(one);
    if (style.visibility === 'hidden' || one.closest('[hidden], details:not([open]) > :not(summary)')) return false;
    if (one.offsetParent === null && style.position !== 'fixed') return false;
    const box = one.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return true;
    return (box.right > innerWidth + 1 || box.left < -1) && !scrolls(one);
  }).map((one) => `${one.tagName} ${one.getAttribute('aria-label') || one.textContent.trim().slice(0, 30) || one.name}`);
}"""

# Words that are cut off: the text of a control is wider than the control, and nothing shows the rest.
_CUT = """() => Array.from(document.querySelectorAll('main button, nav a, header button, header a, main label'))
  .filter((one) => one.offsetParent !== null && getComputedStyle(one).overflowX === 'hidden' && one.scrollWidth > one.clientWidth + 1)
  .map((one) => `${one.tagName} ${one.textContent.trim().slice(0, 30)}`)"""


def require_usable(page: Page) -> None:
    """Nothing scrolls the page sideways, and every control can be reached and read."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "the page scrolls sideways"
    assert (
        page.evaluate("document.getElementById('main').scrollWidth - document.getElementById('main').clientWidth") <= 0
    )
    assert page.evaluate(_OUT_OF_REACH) == []
    assert page.evaluate(_CUT) == []
    top = page.evaluate("document.getElementById('main').getBoundingClientRect().top + scrollY")
    assert top <= ZOOMED["height"] - 120, "no room left for the page itself"
