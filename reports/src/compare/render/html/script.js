(() => {
  const { all, chosen, terms, state, restore, params, write, watch, counted } = goabi;
  const low = (e) => e.textContent.toLowerCase();
  // What a group's cells have in common, and each cell, as texts to search in.
  const groups = all('li.compared').map((li) => {
    const common = all('.sides, .symptom', li).map(low).join('\n');
    return { li, word: li.closest('[data-word]'), common, cells: all('ul.cells > li', li).map((e) => [e, low(e)]) };
  });
  const sum = (list) => list.reduce((n, v) => n + v, 0);
  const total = sum(groups.map((g) => g.cells.length));

  const apply = () => {
    const words = chosen('word');
    const sought = terms();
    let shown = 0;
    let matching = 0;
    for (const g of groups) {
      const wanted = !words || words.has(g.word.dataset.word);
      let here = 0;
      for (const [cell, text] of g.cells) {
        const hit = wanted && sought.every((t) => g.common.includes(t) || text.includes(t));
        cell.hidden = !hit;
        if (hit) here++;
      }
      g.li.hidden = here === 0;
      shown += here ? 1 : 0;
      matching += here;
    }
    for (const section of all('details.word')) {
      section.hidden = all('li.compared', section).every((li) => li.hidden);
      // Who asks for a word wants to see it.
      if (words && words.has(section.dataset.word)) section.open = true;
    }
    document.getElementById('shown').textContent = matching === total
      ? `${counted(groups.length, 'group')}, ${counted(total, 'cell')}`
      : `${shown} of ${counted(groups.length, 'group')}, ${matching.toLocaleString('en')} of ${counted(total, 'cell')}`;
  };

  const moved = () => {
    restore(params());
    apply();
  };
  watch(() => { apply(); write(state(), false); }, moved);
  moved();
})();
