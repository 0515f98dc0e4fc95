/* The page of a form in a frame tells the page around how tall it is: the sites it may stand on, and nothing but that. */
(function () {
  "use strict";

  const sites = document.currentScript.dataset.sites.split(" ");
  if (window.parent === window) return;
  new ResizeObserver(tell).observe(document.body);

  /* The browser gives a message to the page around only where its site is the one it is for. Where it says which site that
     is, no other is tried. */
  function tell() {
    const around = location.ancestorOrigins ? Array.from(location.ancestorOrigins).slice(0, 1) : sites;
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    around.filter(function (site) { return sites.includes(site); }).forEach(function (site) {
      window.parent.postMessage({ type: "vestibule:height", height: height }, site);
    });
  }
})();
