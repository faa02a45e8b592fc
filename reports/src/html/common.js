'use strict';
// What the pages share: filters, the state in the URL's fragment, keys.
const goabi = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const boxes = all('input[data-filter]');
  const q = document.getElementById('q');

  /** The values that are chosen of a filter; null where none is, which means all. */
  const chosen = (name) => {
    const values = boxes.filter((b) => b.dataset.filter === name && b.checked).map((b) => b.value);
    return values.length ? new Set(values) : null;
  };

  /** The terms of the search: words, or texts in quotes; all must be found. */
  const terms = () => {
    const text = q.value.trim().toLowerCase();
    if (text.length > 1 && text.startsWith('"') && text.endsWith('"') && !text.includes('" "')) return [text.slice(1, -1)];
    return (text.match(/"[^"]*"|\S+/g) || []).map((t) => t.replace(/^"([^"]*)"$/, '$1')).filter(Boolean);
  };

  const labels = () => {
    for (const menu of all('details.menu')) {
      const on = all('input:checked', menu).map((b) => b.value);
      const text = on.length ? (on.length > 2 ? `${on.length} chosen` : on.join(', ')) : 'all';
      menu.firstElementChild.textContent = `${menu.dataset.menu}: ${text}`;
      menu.classList.toggle('on', on.length > 0);
    }
  };

  /** The state of search and filters as parameters. */
  const state = () => {
    const params = new URLSearchParams();
    if (q.value) params.append('q', q.value);
    for (const b of boxes) if (b.checked) params.append(b.dataset.filter, b.value);
    return params;
  };

  const restore = (params) => {
    q.value = params.get('q') || '';
    for (const b of boxes) b.checked = params.getAll(b.dataset.filter).includes(b.value);
    labels();
  };

  const params = () => new URLSearchParams(location.hash.slice(1));
  const write = (p, push) => {
    const hash = p.toString();
    if (hash === params().toString()) return;
    history[push ? 'pushState' : 'replaceState'](null, '', hash ? `#${hash}` : location.pathname + location.search);
  };

  /** Calls back whenever search or filters change, and where the URL does. */
  const watch = (changed, moved) => {
    q.addEventListener('input', changed);
    for (const b of boxes) b.addEventListener('change', () => { labels(); changed(); });
    document.getElementById('reset').addEventListener('click', () => { restore(new URLSearchParams()); changed(); });
    addEventListener('hashchange', moved);
  };

  const menus = () => all('details.menu[open]');
  document.addEventListener('click', (e) => {
    for (const menu of menus()) if (!menu.contains(e.target)) menu.open = false;
    const copy = e.target.closest('[data-copy]');
    if (copy) copied(copy);
  });
  document.addEventListener('keydown', (e) => {
    const typing = e.target.matches('input:not([type=checkbox]), textarea');
    if (e.key === '/' && !typing && !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector('dialog[open]')) {
      e.preventDefault();
      q.focus();
      q.select();
    } else if (e.key === 'Escape') {
      const menu = e.target.closest('details.menu[open]');
      if (menu) {
        menu.open = false;
        menu.firstElementChild.focus();
      }
    }
  });

  const copied = (button) => {
    const code = button.previousElementSibling;
    const said = (text) => {
      button.textContent = text;
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    };
    const select = () => {
      getSelection().selectAllChildren(code);
      said('Selected');
    };
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(() => said('Copied'), select);
    else select();
  };

  /** The HTML of an island: deflated, in base64. */
  const unpacked = (island) => {
    const bytes = Uint8Array.from(atob(island.textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
  };

  const counted = (n, noun) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
  return { all, chosen, terms, state, restore, params, write, watch, unpacked, counted };
})();
