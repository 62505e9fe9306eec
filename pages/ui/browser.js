// What the pages need of the browser beyond Streamlit. Text of ours alone, which a browser runs once.
if (!window.latentLens) {
  window.latentLens = true;

  // On a phone the side panel lies over the page, and stays there when a page is chosen in it.
  document.addEventListener("click", (event) => {
    if (window.innerWidth <= 768 && event.target.closest("[data-testid='stSidebarNavLink']"))
      setTimeout(() => document.querySelector("[data-testid='stSidebarCollapseButton'] button")?.click(), 100);
  });

  // One thing done is one step back. A page is opened by its name first, and writes what is seen on it into the address then; each
  // would be an entry of the browser's history, and going back from there would lead to the page that one is on.
  let acted = false;
  for (const kind of ["pointerdown", "keydown", "input", "change", "drop"])
    window.addEventListener(kind, () => (acted = true), { capture: true, passive: true });
  const enter = history.pushState.bind(history);
  history.pushState = (...entry) => {
    (acted ? enter : history.replaceState.bind(history))(...entry);
    acted = false;
  };
}
