// What scrolls sideways can be scrolled by keyboard, too. The theme makes these elements when the page has been loaded.
const reachable = () => {
  for (const element of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) element.tabIndex = 0;
};
new MutationObserver(reachable).observe(document.body, { childList: true, subtree: true });
reachable();
