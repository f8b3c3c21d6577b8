//! What the four servers share: data, OpenAPI document, problems, options.
