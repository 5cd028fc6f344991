//! What a plugin author needs: the generated bindings and error helpers.
