"""What a reading page owes to those who see it large, by keys, in few colours or with a voice that reads it out.

Each check looks at the page as it stands and returns its findings in lines a person can read. Sheets are laid over the
page by script from outside, which no content policy forbids.
"""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.axe import COLOUR_RULES, violations

# The second of WCAG 1.4.12, and letters of twice the size; what is turned a little is laid straight to be measured.
SHEETS = {
    "": "",
    "spaced": "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    "p{margin-bottom:2em!important}",
    "large": "html{font-size:200%!important}",
}
# Width in CSS pixels and sheet: 640 is a window of 1280 at 200%, 320 the same at 400%, or the smallest phone.
VIEWS = ((640, ""), (390, "large"), (390, ""), (320, ""), (320, "spaced"))
LAY_OVER = """css => {
  window.laid = window.laid || new CSSStyleSheet();
  document.adoptedStyleSheets = [window.laid];
  window.laid.replaceSync(css + '.pm{transform:none!important}');
}"""
FITS = """() => {
  const found = [], boxes = [], width = innerWidth;
  const aside = '.vh,.skip,.exit,.go,.cover,option,select';
  const whole = document.querySelector('.one:target') || document.body;
  const shown = element => element.checkVisibility() && element.getClientRects().length && !element.closest(aside);
  const name = element => element.tagName.toLowerCase() + (element.className ? '.' + element.className : '');
  if (document.documentElement.scrollWidth > width) found.push('scrolls sideways');
  for (const element of whole.querySelectorAll('*')) {
    if (!shown(element) || element.closest('svg')) continue;
    const style = getComputedStyle(element);
    const hides = style.overflowX !== 'visible' && !element.matches('textarea,input,video,audio');
    if (hides && (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight))
      found.push('cuts off what it holds: ' + name(element));
  }
  const texts = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (texts.nextNode()) {
    const text = texts.currentNode, holder = text.parentElement;
    if (!text.data.trim() || !shown(holder) || /^(STYLE|SCRIPT)$/.test(holder.tagName)) continue;
    range.selectNodeContents(text);
    const card = holder.closest('.card'), edge = card && card.getBoundingClientRect();
    for (const box of range.getClientRects()) {
      if (edge && (box.right > edge.right + 1 || box.left < edge.left - 1))
        found.push('leaves its card: ' + text.data.trim().slice(0, 20));
      boxes.push([text, box]);
    }
  }
  // A line of letters is higher than its letters: of each box the middle half has to be free.
  const middle = box => [box.top + box.height / 4, box.bottom - box.height / 4];
  boxes.sort((one, other) => one[1].top - other[1].top);
  boxes.forEach(([text, box], index) => {
    const [top, bottom] = middle(box);
    for (const [other, beside] of boxes.slice(index + 1)) {
      if (beside.top > bottom) break;
      const [from, to] = middle(beside);
      if (other !== text && from < bottom - 1 && to > top + 1
          && beside.left < box.right - 2 && beside.right > box.left + 2)
        found.push(`lies on other text: ${text.data.trim().slice(0, 20)} | ${other.data.trim().slice(0, 20)}`);
    }
  });
  return [...new Set(found)];
}"""
MOVES = """() => [...document.querySelectorAll('*')].filter(element => {
  const style = getComputedStyle(element);
  const moving = parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
  return moving || style.scrollBehavior === 'smooth';
}).map(element => 'moves: ' + element.tagName + '.' + element.className)"""
EDGES = """() => [...document.querySelectorAll('.btn, .exit, .pm')].filter(element => {
  if (!element.getClientRects().length) return false;
  const style = getComputedStyle(element);
  const edge = style.borderTopStyle === 'solid' && parseFloat(style.borderTopWidth) >= 1;
  return !edge || style.borderTopColor === getComputedStyle(document.body).backgroundColor;
}).map(element => 'without an edge in forced colours: .' + element.className)"""
# Where the focus stands is noted when the next key comes: only then has the page scrolled to it.
FOLLOW_KEYS = """() => {
  window.stops = [];
  const name = element => `${element.tagName.toLowerCase()}.${element.className} ${
    (element.innerText || element.name || '').trim().slice(0, 20)}`;
  window.note = () => {
    const element = document.activeElement;
    if (element === document.body || !element) return window.stops.push(null);
    if (window.stops.length && window.stops[window.stops.length - 1] === element) return;
    window.stops.push(element);
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2)
      window.unseen.push('the focus is not to be seen: ' + name(element));
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
      window.unseen.push('the focus is outside the window: ' + name(element));
    const exit = document.querySelector('.exit'), over = exit && exit.getBoundingClientRect();
    if (exit && exit !== element)
      for (const part of element.getClientRects())
        if (part.right > over.left && part.left < over.right && part.bottom > over.top && part.top < over.bottom)
          window.unseen.push('the focus is under the button: ' + name(element));
  };
  // After the last stop the focus leaves the page, or begins again without having been seen outside.
  window.ended = () => window.stops.slice(1).findIndex((stop, index) => index && (!stop || stop === window.stops[1]));
  window.unseen = [];
  document.addEventListener('keydown', window.note, true);
  const wanted = 'a[href],button,input:not([type=hidden]),select,textarea,summary,video,audio,[tabindex]';
  window.reachable = [...document.querySelectorAll(wanted)].filter(
    element => element.checkVisibility() && element.tabIndex >= 0 && !element.disabled);
  document.activeElement.blur();
  scrollTo(0, 0);
  return window.reachable.length;
}"""
REPORT = """() => {
  const label = element => element.className || element.innerText || element.tagName;
  const passed = window.stops.slice(1), end = window.ended();
  const order = end < 0 ? passed : passed.slice(0, end);
  const found = window.unseen;
  if (end < 0) found.push('the keys do not come to an end');
  else if (order.length > window.reachable.length) found.push('stops on what cannot be used');
  window.reachable.forEach((element, index) => {
    if (order[index] !== element && found.length < 5)
      found.push(`stop ${index + 1} is ${order[index] ? label(order[index]) : 'missing'}, not ${label(element)}`);
  });
  const first = window.reachable.slice(0, 2).map(element => element.className);
  if (document.querySelector('.exit') && first.indexOf('exit') !== (document.querySelector('.skip') ? 1 : 0))
    found.push('quick close comes late: ' + first.join(', '));
  return [...new Set(found)];
}"""
# The mark of what plays is drawn with edges of which two are not to be seen: forced to a colour they make it the mark
# of what stops.
MARKS = """() => [...document.querySelectorAll('.play')].filter(element =>
  getComputedStyle(element, '::before').borderTopColor !== 'rgba(0, 0, 0, 0)'
).map(element => 'a square instead of a triangle in forced colours: ' + element.innerText)"""
STOPS_INSIDE_PLAYERS = 24


def fits(page: Page, width: int, sheet: str) -> list[str]:
    """Whether all text can be read, without scrolling sideways, at this width and under this sheet."""
    page.set_viewport_size({"width": width, "height": 700})
    page.evaluate(LAY_OVER, SHEETS[sheet])
    found = page.evaluate(FITS)
    return [f"{width} px{sheet and ' '}{sheet}: {line}" for line in found]


def by_keys(page: Page) -> list[str]:
    """Go through the whole page with the Tab key, on a small phone."""
    page.set_viewport_size({"width": 320, "height": 480})
    page.evaluate(LAY_OVER, "")
    stops = page.evaluate(FOLLOW_KEYS)
    for _press in range(stops + 2):
        page.keyboard.press("Tab")
    for _press in range(STOPS_INSIDE_PLAYERS):
        if page.evaluate("window.ended() > 0"):
            break
        page.keyboard.press("Tab")
    return list(page.evaluate(REPORT))


def every_check(page: Page, *, keys: bool = True) -> list[str]:
    """All findings of the page as it stands; without `keys` where they do not begin at its top."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")
    found = [f"light: {line}" for line in violations(page)]
    page.emulate_media(color_scheme="dark")
    # Schemes differ in nothing but colours (test_the_dark_scheme_changes_colours_only).
    found += [f"dark: {line}" for line in violations(page, only=COLOUR_RULES)]
    found += page.evaluate(MOVES)
    page.emulate_media(color_scheme="light", forced_colors="active")
    found += page.evaluate(EDGES)
    found += page.evaluate(MARKS)
    page.emulate_media(forced_colors="none")
    for width, sheet in VIEWS:
        found += fits(page, width, sheet)
    return found + by_keys(page) if keys else found
