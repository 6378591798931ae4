// Runs before the first paint, so that a chosen theme never flashes the other one. A file, because the content security
// policy refuses inline scripts.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('aftercare.scheme');
  } catch {
    // Storage is refused in some private windows; the system's theme is then followed.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  const scheme = dark ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
  document.documentElement.style.colorScheme = scheme;
})();
