'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const table = $('table');
  const { sites, messages, rows } = JSON.parse($('data').textContent);
  const cases = rows.map(([name, page, thumbnail, site, status, mark, distanceBefore, distanceAfter, meanBefore,
    deviationBefore, variationBefore, variationAfter, seconds, message], order) => ({
    order, name, page, thumbnail: thumbnail === 1 ? page.replace(/\.html$/, '.svg') : thumbnail, site: sites[site],
    kind: ['', 'outlier', 'unknown'][mark] || status, status, distanceBefore, distanceAfter, meanBefore, deviationBefore,
    variationBefore, variationAfter, seconds, message: messages[message]
  }));
  const kinds = { failed: '✗ failed', outlier: '▲ outlier', unknown: '? no numbers' };
  const sortedKinds = ['failed', 'outlier', 'unknown', 'done', 'skipped'];
  for (const row of cases) {
    const isWarned = (row.status === 'done' || row.status === 'skipped') && row.message;
    row.status = (kinds[row.kind] || row.kind) + (isWarned ? ', warned' : '');
    row.rank = 2 * (sortedKinds.indexOf(row.kind) + 1 || sortedKinds.length + 1) - (isWarned ? 1 : 0);
    row.text = [row.name, row.site, row.status, row.message].join('\n').toLowerCase();
  }
  if (cases.every(row => !row.message)) {
    table.tHead.querySelector('[data-column=message]').remove();
  }
  const heads = [...table.tHead.querySelectorAll('[data-column]')];
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  let chosen = cases;
  let start = 0;

  const cell = (tag, text, className) => {
    const element = document.createElement(tag);
    element.className = className || '';
    element.textContent = text;
    return element;
  };
  const number = value => value === null ? '–'
    : value === 0 ? '0'
      : Math.abs(value) >= 1e4 && Math.abs(value) < 1e7 ? value.toFixed(0) : value.toPrecision(4);

  /** Three lines; all of it under the pointer, and on the page of the case. */
  const message = text => {
    const element = cell('td', '', 'message');
    const lines = cell('div', text, 'lines-of-three');
    lines.title = text;
    element.append(lines);
    return element;
  };

  const line = row => {
    const element = document.createElement('tr');
    element.className = row.kind;
    const picture = cell('td', '', 'thumbnail');
    if (row.thumbnail) {
      const image = document.createElement('img');
      image.loading = 'lazy';
      image.alt = '';
      image.width = 160;
      image.height = 80;
      image.src = row.thumbnail;
      picture.append(image);
    }
    const name = cell('th', row.page ? '' : row.name);
    name.scope = 'row';
    if (row.page) {
      const link = cell('a', row.name);
      link.href = row.page;
      name.append(link);
    }
    element.append(picture, name);
    for (const head of heads.slice(1)) {
      const key = head.dataset.column;
      const isNumber = head.classList.contains('number');
      element.append(isNumber ? cell('td', key === 'seconds' ? row[key].toFixed(1) : number(row[key]), 'number')
        : key === 'message' ? message(row.message) : cell('td', row[key], key));
    }
    return element;
  };

  const show = () => {
    const length = +$('length').value || cases.length || 1;
    start = Math.max(0, Math.min(start, Math.floor((chosen.length - 1) / length) * length));
    const end = Math.min(chosen.length, start + length);
    table.tBodies[0].replaceChildren(...chosen.slice(start, end).map(line));
    $('back').disabled = start === 0;
    $('forth').disabled = end === chosen.length;
    const sorted = heads.find(head => head.hasAttribute('aria-sort'));
    $('shown').textContent = (chosen.length === 0 ? 'No case' : `Cases ${start + 1} to ${end}`) +
      ` of ${chosen.length}` + (chosen.length < cases.length ? ` found among ${cases.length}` : '') +
      (sorted ? `, sorted by ${sorted.textContent.toLowerCase()}, ${sorted.getAttribute('aria-sort')}` : ', outliers first');
    $('first').disabled = !sorted;
  };

  const filter = () => {
    const words = $('filter').value.toLowerCase().split(/\s+/);
    chosen = cases.filter(row => words.every(word => row.text.includes(word)));
    start = 0;
    show();
  };

  const sort = head => {
    const key = head.dataset.column;
    const isNumber = head.classList.contains('number');
    const first = key === 'distanceAfter' || key === 'distanceBefore' ? 'descending' : 'ascending';
    const other = first === 'ascending' ? 'descending' : 'ascending';
    const direction = head.getAttribute('aria-sort') === first ? other : first;
    heads.forEach(each => each.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', direction);
    const sign = direction === 'ascending' ? 1 : -1;
    cases.sort((a, b) => { // what is unknown comes last either way
      const [x, y] = key === 'status' ? [a.rank, b.rank] : [a[key], b[key]];
      const missing = isNumber ? (x === null) - (y === null) : (x === '') - (y === '');
      return missing || (isNumber || key === 'status' ? sign * (x - y) : sign * compare(x, y)) || a.order - b.order;
    });
    filter();
  };

  $('first').addEventListener('click', () => {
    heads.forEach(each => each.removeAttribute('aria-sort'));
    cases.sort((a, b) => a.order - b.order);
    filter();
  });
  for (const head of heads) {
    head.firstElementChild.addEventListener('click', () => sort(head));
  }
  let wait = 0;
  $('filter').addEventListener('input', () => {
    clearTimeout(wait);
    wait = setTimeout(filter, 100);
  });
  $('length').addEventListener('change', show);
  const turn = sign => {
    start += sign * +$('length').value;
    show();
    $('cases').scrollIntoView();
  };
  $('back').addEventListener('click', () => turn(-1));
  $('forth').addEventListener('click', () => turn(1));

  // For the links from case to case.
  table.addEventListener('click', event => {
    if (event.target.closest('tbody a')) {
      try {
        const pages = chosen.map(row => row.page).filter(page => page);
        sessionStorage.setItem('isolux ' + location.href.replace(/[?#].*/, ''), JSON.stringify(pages));
      } catch {
        // a browser that keeps nothing of files: no such links
      }
    }
  });

  // A press on a name in the legend leaves its lines, and dims the others.
  const pressed = new Set();
  for (const item of document.querySelectorAll('.lines li')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.append(...item.childNodes);
    item.append(button);
    button.addEventListener('click', () => {
      const { group } = item.dataset;
      pressed.has(group) ? pressed.delete(group) : pressed.add(group);
      button.setAttribute('aria-pressed', pressed.has(group));
      for (const curve of document.querySelectorAll('.together .curve')) {
        const isChosen = [...pressed].some(each => curve.classList.contains('group-' + each));
        curve.classList.toggle('dim', pressed.size > 0 && !isChosen);
      }
    });
  }

  document.querySelector('.tools').hidden = false;
  table.hidden = false;
  show();
})();
