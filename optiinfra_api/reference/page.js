// Shows the description of this API. A key that is typed in stays in the page's memory: a reload
// forgets it.
"use strict";

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  // Deep links would log an error for each operation whose name has an underscore: all have one.
  deepLinking: false,
  displayOperationId: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  // The description is not sent to anybody to be judged.
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
});
