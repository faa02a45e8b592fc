(() => {
  const { all, chosen, terms, state, restore, params, write, watch, unpacked, counted } = goabi;
  const byId = (id) => document.getElementById(id);
  // signs: [letter, word, shape, meaning], the worst first; columns: [toolchain,
  // target, build, program]; letters: a sign's letter for each cell, by case,
  // then column, then call; texts: [oracle, text, cells].
  const index = JSON.parse(byId('index').textContent);
  const { signs, columns, calls, cases, letters } = index;
  const texts = index.texts.map(([oracle, text, cells]) => [oracle, `${oracle} ${text}`.toLowerCase(), cells]);
  const width = columns.length * calls.length;
  const rank = new Uint8Array(128).fill(255);
  signs.forEach((s, i) => { rank[s[0].charCodeAt(0)] = i; });
  const rankAt = (at) => rank[letters.charCodeAt(at)];
  const PASS = signs.findIndex((s) => s[1] === 'pass');

  const table = byId('matrix');
  const rows = all('tr.case', table);
  const bodies = all('tbody', table);
  const topicOf = rows.map((tr) => tr.parentElement.dataset.topic);
  const buttons = rows.map((tr) => [...tr.cells].slice(1).map((td) => td.firstElementChild));
  const shown = new Uint8Array(rows.length).fill(1);
  const dimmed = new Uint8Array(rows.length * columns.length);
  let visible = columns.map(() => true);
  let counting = calls.map(() => true);
  let painted = '';

  // -- Search and filters.

  /** The cells that one of these texts belongs to. */
  const where = (test) => {
    const found = new Uint8Array(letters.length);
    for (const [oracle, text, cells] of texts) if (test(oracle, text)) for (const at of cells) found[at] = 1;
    return found;
  };

  const cellText = (r, c, k) => `${cases[r]}@${columns[c].slice(0, 3).join('/')}/${calls[k]}`;

  const apply = () => {
    const [topic, toolchain, target, build] = ['topic', 'toolchain', 'target', 'build'].map(chosen);
    const [call, outcome, oracle] = ['call', 'outcome', 'oracle'].map(chosen);
    const ok = (set, value) => !set || set.has(value);
    visible = columns.map(([t, g, b]) => ok(toolchain, t) && ok(target, g) && ok(build, b));
    counting = calls.map((k) => ok(call, k));
    const signOk = signs.map((s) => ok(outcome, s[1]));
    const oracles = oracle && where((o) => oracle.has(o));
    // A term with @ in it is a cell's text, or the start of one.
    const sought = terms().map((term) => ({
      term,
      cell: term.includes('@'),
      found: term.includes('@') ? null : where((_, text) => text.includes(term)),
    }));
    let total = 0;
    let matching = 0;
    for (let r = 0; r < rows.length; r++) {
      const name = cases[r].toLowerCase();
      const named = sought.map((s) => !s.cell && name.includes(s.term));
      const inTopic = ok(topic, topicOf[r]);
      let any = 0;
      for (let c = 0; c < columns.length; c++) {
        let here = 0;
        for (let k = 0; k < calls.length; k++) {
          const at = r * width + c * calls.length + k;
          const sign = rankAt(at);
          if (sign === 255) continue;
          total++;
          if (!inTopic || !visible[c] || !counting[k] || !signOk[sign] || (oracles && !oracles[at])) continue;
          const hit = (s, i) => named[i] || (s.cell ? cellText(r, c, k).toLowerCase().startsWith(s.term) : s.found[at]);
          if (sought.every(hit)) here++;
        }
        dimmed[r * columns.length + c] = here ? 0 : 1;
        any += here;
      }
      matching += any;
      shown[r] = any ? 1 : 0;
    }
    paint();
    const count = shown.reduce((n, s) => n + s, 0);
    byId('shown').textContent = count === rows.length && matching === total
      ? `${counted(count, 'case')}, ${counted(total, 'cell')}`
      : `${count.toLocaleString('en')} of ${counted(rows.length, 'case')}, ${matching.toLocaleString('en')} of ${counted(total, 'cell')}`;
    rove(current(), false);
  };

  // -- Painting.

  const worst = (r, c) => {
    let sign = 255, count = 0, of = 0;
    for (let k = 0; k < calls.length; k++) {
      if (!counting[k]) continue;
      const s = rankAt(r * width + c * calls.length + k);
      if (s === 255) continue;
      of++;
      if (s < sign) [sign, count] = [s, 1];
      else if (s === sign) count++;
    }
    return [sign, count, of];
  };

  const paint = () => {
    // Signs change with the call kinds only, and what is hidden more often.
    const repaint = painted !== counting.join();
    const first = painted === '' && counting.every(Boolean);
    painted = counting.join();
    for (let r = 0; r < rows.length; r++) {
      if (rows[r].hidden === !!shown[r]) rows[r].hidden = !shown[r];
      for (let c = 0; c < columns.length; c++) {
        const button = buttons[r][c];
        if (!button) continue;
        if (repaint && !first) {
          const [sign, count, of] = worst(r, c);
          button.hidden = sign === 255;
          if (sign !== 255) {
            const part = count === of ? ['', ''] : [` ${count}/${of}`, `, ${count} of ${of}`];
            button.className = `s-${signs[sign][1]}`;
            button.textContent = signs[sign][2] + part[0];
            button.setAttribute('aria-label', signs[sign][1] + part[1]);
          }
        }
        const dim = !!dimmed[r * columns.length + c];
        if (button.classList.contains('dim') !== dim) button.classList.toggle('dim', dim);
      }
    }
    columnsHidden();
    let r = 0;
    for (const body of bodies) {
      const end = r + body.rows.length - 1;
      topicRow(body, r, end);
      r = end;
    }
  };

  const topicRow = (body, start, end) => {
    const row = body.rows[0];
    let count = 0;
    const tally = columns.map(() => [255, 0]);
    for (let r = start; r < end; r++) {
      if (!shown[r]) continue;
      count++;
      columns.forEach((_, c) => {
        const sign = dimmed[r * columns.length + c] ? 255 : worst(r, c)[0];
        if (sign < tally[c][0]) tally[c] = [sign, 1];
        else if (sign === tally[c][0]) tally[c][1]++;
      });
    }
    row.querySelector('.count').textContent = count === end - start ? count : `${count} of ${end - start}`;
    body.hidden = count === 0;
    tally.forEach(([sign, n], c) => {
      const td = row.cells[c + 1];
      td.textContent = '';
      if (sign === 255) return;
      const span = document.createElement('span');
      span.className = `sum s-${signs[sign][1]}`;
      span.textContent = signs[sign][2] + (sign === PASS ? '' : ` ${n}`);
      const word = document.createElement('span');
      word.className = 'hidden';
      word.textContent = ` ${signs[sign][1]}`;
      span.append(word);
      td.append(span);
    });
  };

  const hiding = document.head.appendChild(document.createElement('style'));
  const heads = all('thead tr', table).map((tr) => [...tr.cells].filter((th) => !th.rowSpan || th.rowSpan === 1));
  const spans = heads.map((row) => row.map((th) => th.colSpan));
  const columnsHidden = () => {
    const rules = visible.map((v, c) => (v ? '' : `#matrix tbody td:nth-child(${c + 2}){display:none}`)).join('');
    if (hiding.textContent !== rules) hiding.textContent = rules;
    heads.forEach((row, h) => {
      let c = 0;
      row.forEach((th, i) => {
        const span = visible.slice(c, c + spans[h][i]).filter(Boolean).length;
        c += spans[h][i];
        th.hidden = span === 0;
        th.colSpan = span || 1;
      });
    });
  };

  // -- Moving in the matrix: one button takes part in the tab order.

  let focus = null;
  const current = () => focus || [0, 0];
  const reachable = (r, c) =>
    shown[r] && visible[c] && buttons[r][c] && !buttons[r][c].hidden && !rows[r].parentElement.classList.contains('closed');
  const rove = ([r, c], take) => {
    if (!reachable(r, c)) {
      const next = rows.findIndex((_, i) => columns.some((_, j) => reachable(i, j)));
      if (next < 0) return;
      [r, c] = [next, columns.findIndex((_, j) => reachable(next, j))];
    }
    if (focus) buttons[focus[0]][focus[1]].tabIndex = -1;
    focus = [r, c];
    buttons[r][c].tabIndex = 0;
    if (take) {
      buttons[r][c].focus();
      buttons[r][c].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  };
  const placeOf = (button) => {
    const tr = button.closest('tr.case');
    return tr && [Number(tr.dataset.row), button.closest('td').cellIndex - 1];
  };

  const move = ([r, c], dr, dc) => {
    for (let i = r + dr, j = c + dc; i >= 0 && i < rows.length && j >= 0 && j < columns.length; i += dr, j += dc) {
      if (reachable(i, j)) return [i, j];
    }
    return [r, c];
  };
  /** As far as one gets in a direction. */
  const far = (place, dr, dc) => {
    for (;;) {
      const next = move(place, dr, dc);
      if (next[0] === place[0] && next[1] === place[1]) return place;
      place = next;
    }
  };

  table.addEventListener('keydown', (e) => {
    const place = e.target.matches('td > button') && placeOf(e.target);
    if (!place || e.altKey || e.metaKey) return;
    const to = {
      ArrowUp: () => move(place, -1, 0),
      ArrowDown: () => move(place, 1, 0),
      ArrowLeft: () => move(place, 0, -1),
      ArrowRight: () => move(place, 0, 1),
      Home: () => (e.ctrlKey ? far(place, -1, 0) : far(place, 0, -1)),
      End: () => (e.ctrlKey ? far(place, 1, 0) : far(place, 0, 1)),
    }[e.key];
    if (!to) return;
    e.preventDefault();
    rove(to(), true);
  });
  table.addEventListener('mouseover', (e) => {
    const place = e.target.matches('td > button') && placeOf(e.target);
    if (!place || e.target.title) return;
    const [r, c] = place;
    const said = calls.map((call, k) => [call, rankAt(r * width + c * calls.length + k)]).filter(([, s]) => s !== 255);
    e.target.title = `${cases[r]}\n${columns[c].slice(0, 3).join(' ')}\n`
      + said.map(([call, s]) => `${call}: ${signs[s][1]}`).join('\n');
  });
  table.addEventListener('click', (e) => {
    const toggle = e.target.closest('.toggle');
    if (toggle) {
      const closed = toggle.closest('tbody').classList.toggle('closed');
      toggle.setAttribute('aria-expanded', String(!closed));
      rove(current(), false);
      return;
    }
    const place = e.target.matches('td > button') && placeOf(e.target);
    if (place) {
      rove(place, true);
      open(place, true);
    }
  });

  // -- The drill-down.

  const dialog = byId('drill');
  const at = ([r, c]) => `${cases[r]}@${columns[c].slice(0, 3).join('/')}`;

  let shownAt = '';
  // Reading takes a moment, and one may change one's mind: the last wins.
  let turn = 0;

  const open = async ([r, c], push) => {
    const [, target, , program] = columns[c];
    const details = byId(`d${r}-${program}`);
    if (!details) return;
    const mine = ++turn;
    const place = at([r, c]);
    const p = state();
    p.append('at', place);
    write(p, push);
    const texts = await Promise.all([details, byId(`s${r}`)].map((e) => (e ? unpacked(e) : '')));
    if (turn !== mine) return;
    shownAt = place;
    write(p, false);
    // Markup that goabi made, in which texts of the record are escaped.
    byId('inner').innerHTML = texts.join('');
    for (const e of all('[data-target]', dialog)) if (e.dataset.target === target) e.classList.add('chosen');
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    byId('at').focus();
  };

  // This comes a moment after closing: the next may be open, or the URL changed, by then.
  dialog.addEventListener('close', () => {
    if (dialog.open) return;
    byId('inner').textContent = '';
    const p = params();
    if (p.get('at') === shownAt) {
      p.delete('at');
      write(p, false);
    }
    // The browser gives the focus back where there was one.
    if (document.activeElement === document.body) rove(current(), true);
  });
  dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
  byId('close').addEventListener('click', () => dialog.close());

  /** The place of a cell's text, of which the call kind may be left out. */
  const find = (text) => {
    const cut = text.lastIndexOf('@');
    const [name, rest] = [text.slice(0, cut), text.slice(cut + 1)];
    const r = cases.indexOf(name);
    if (r < 0) return null;
    const same = ([t, g, b]) => rest === `${t}/${g}/${b}` || calls.some((k) => rest === `${t}/${g}/${b}/${k}`);
    const alike = ([t, , b]) => rest.startsWith(`${t}/`) && rest.endsWith(`/${b}`);
    for (const test of [same, alike]) {
      const c = columns.findIndex((column, j) => test(column) && buttons[r][j]);
      if (c >= 0) return [r, c];
    }
    return null;
  };
  document.addEventListener('click', (e) => {
    const link = e.target.closest('a[data-at]');
    if (!link) return;
    e.preventDefault();
    const place = find(link.dataset.at);
    if (!place) return;
    if (reachable(...place)) rove(place, false);
    open(place, true);
  });

  // -- The URL.

  const moved = () => {
    const p = params();
    restore(p);
    apply();
    const place = p.has('at') && find(p.get('at'));
    if (place) {
      if (reachable(...place)) rove(place, !dialog.open);
      open(place, false);
    } else {
      turn++;
      if (dialog.open) dialog.close();
    }
  };
  watch(() => { apply(); write(state(), false); }, moved);
  moved();
})();
