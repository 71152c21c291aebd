'use strict';
// Without this script the page shows the pictures side by side.
const press = button => {
  const isOn = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', isOn);
  return isOn;
};

for (const pair of document.querySelectorAll('.pair')) {
  const name = pair.dataset.name;
  const before = pair.querySelector('.picture.before img');
  const after = pair.querySelector('.picture.after');
  const frame = after.querySelector('.frame');

  const over = document.createElement('div');
  over.className = 'over';
  over.setAttribute('aria-hidden', 'true');
  const copy = document.createElement('img');
  copy.src = before.src;
  copy.alt = '';
  const tag = document.createElement('span');
  tag.className = 'tag';
  tag.textContent = 'Before';
  over.append(copy, tag);

  const flick = document.createElement('button');
  flick.type = 'button';
  flick.className = 'flick';
  flick.textContent = 'Flicker';
  flick.setAttribute('aria-label', 'Flicker between before and after: ' + name);
  flick.setAttribute('aria-pressed', 'false');
  flick.addEventListener('click', () => press(flick));

  const range = document.createElement('input');
  range.type = 'range';
  range.className = 'curtain';
  range.min = 0;
  range.max = 100;
  range.value = 50;
  range.setAttribute('aria-label', 'Before on the left, after on the right of: ' + name);
  const line = document.createElement('div');
  line.className = 'line';
  const move = value => {
    range.value = value;
    range.setAttribute('aria-valuetext', range.value + '% before');
    pair.style.setProperty('--cut', range.value + '%');
  };
  range.addEventListener('input', () => move(range.value));
  move(50);
  const follow = event => {
    const box = frame.getBoundingClientRect();
    move(100 * (event.clientX - box.left) / box.width);
  };
  frame.addEventListener('pointerdown', event => {
    if (document.body.classList.contains('slider') && event.button === 0) {
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      follow(event);
    }
  });
  frame.addEventListener('pointermove', event => frame.hasPointerCapture(event.pointerId) && follow(event));

  frame.firstElementChild.after(over, line);
  after.prepend(flick);
  pair.append(range);
}

for (const tools of document.querySelectorAll('.tools')) {
  tools.hidden = false;
  for (const radio of tools.querySelectorAll('[name=view]')) {
    const choose = () => radio.checked && document.body.classList.toggle('slider', radio.value === 'slider');
    radio.addEventListener('change', choose);
    choose();
  }
  const all = tools.querySelector('#flicker');
  all.addEventListener('click', () => {
    document.body.classList.toggle('flicker', press(all));
  });
}

// The neighbours in the table that this page was opened from, where the browser lets files share that.
try {
  const cohort = document.getElementById('cohort');
  const pages = JSON.parse(sessionStorage.getItem('isolux ' + cohort.href)) || [];
  const here = pages.findIndex(page => new URL(page, cohort.href).pathname === location.pathname);
  for (const [id, page] of [['previous', pages[here - 1]], ['next', pages[here + 1]]]) {
    if (here >= 0 && page) {
      const link = document.getElementById(id);
      link.href = new URL(page, cohort.href).href;
      link.hidden = false;
    }
  }
} catch {
  // none are shown
}
