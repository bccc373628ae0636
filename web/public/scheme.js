// Sets light or dark before the first paint, so that the page does not flash.
(function () {
  var scheme = null;
  try {
    scheme = localStorage.getItem('pharos-color-scheme');
  } catch {
    scheme = null;
  }
  if (scheme !== 'light' && scheme !== 'dark') {
    scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();
