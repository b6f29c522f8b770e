// TypeDoc's navigation has links inside of the buttons that open its parts, where a keyboard and a screen reader can't
// tell them from the buttons. Here the button is only a button, and the link is the first one below it.
{
  const container = document.getElementById('tsd-nav-container');
  const separate = () => {
    for (const link of container.querySelectorAll('summary > a')) {
      const summary = link.parentElement;
      const text = document.createElement('span');
      text.textContent = link.textContent;
      link.replaceWith(text);
      link.replaceChildren('Overview');
      const item = document.createElement('li');
      item.append(link);
      summary.parentElement.querySelector('ul').prepend(item);
    }
  };
  if (container !== null) {
    new MutationObserver(separate).observe(container, {childList: true, subtree: true});
    separate();
  }
}
