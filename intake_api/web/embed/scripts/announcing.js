/* What has happened, as the page around announces it by one call, `vestibule.announce("purchase")`, or in the line of a
   page that only stands there because it has happened: `data-announce="purchase"`. It stays on the page. */

const ANNOUNCED = "vestibule:announced";
const service = (window.vestibule ||= {});
service.announced ||= [];
service.announce ||= function (name) {
  service.announced.push(name);
  document.dispatchEvent(new CustomEvent(ANNOUNCED, { detail: name }));
};
if (script.dataset.announce) service.announce(script.dataset.announce);

function whenAnnounced(event, act) {
  document.addEventListener(ANNOUNCED, function (told) {
    if (told.detail === event) act();
  });
  if (service.announced.includes(event)) act();
}
