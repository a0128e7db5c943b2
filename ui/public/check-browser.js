// Plain old JavaScript on purpose: it must run where the pages themselves cannot be parsed.
(function () {
  var modules = 'noModule' in document.createElement('script');
  if (!modules || !String.prototype.replaceAll) {
    location.replace('/browser-too-old.html');
  }
})();
