//! The pure BPMN core: commands decide events, events change state.
