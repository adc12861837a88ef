// Runs before the first paint, so that a chosen theme never flashes the other one.
const saved = localStorage.getItem('crumbtrail.theme');
if (saved === 'light' || saved === 'dark') document.documentElement.dataset.theme = saved;
