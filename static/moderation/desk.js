// Single keys for the review page. A key presses the visible button that carries it, and does nothing else.
// event.code names the place of a key: J stays J when the keyboard writes ㅓ.
(function () {
  'use strict';
  var typing = 'input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select, [contenteditable]';

  function keyOf(event) {
    return event.key === '?' ? '?' : event.shiftKey ? '' : event.code;
  }

  document.addEventListener('keydown', function (event) {
    if (event.defaultPrevented || event.repeat || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest(typing)) return;
    var key = keyOf(event);
    var all = document.querySelectorAll('[data-key]');
    for (var i = 0; i < all.length; i++) {
      var button = all[i];
      if (button.dataset.key !== key || !button.getClientRects().length) continue;
      event.preventDefault();
      var needed = button.dataset.needs && document.getElementById(button.dataset.needs);
      if (needed && !needed.value) {
        needed.focus();
      } else {
        button.focus();
        button.click();
      }
      return;
    }
  });
})();
