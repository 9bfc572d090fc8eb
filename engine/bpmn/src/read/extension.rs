//! Vendor extension elements that change how an element runs.

use super::Reader;
use crate::draft::title;
use crate::xml::ElementIndex;

/// Extensions that would have to be executed. All others describe data or are for readers and tools.
const EXECUTED: [&str; 1] = ["connector"];

impl Reader<'_, '_, '_> {
    /// Refuses the vendor extensions of an element that have no support; `id` is the node it belongs to.
    pub(super) fn check_extensions(&mut self, index: ElementIndex, id: Option<&str>) {
        let tree = self.tree;
        let owner = self.element(index);
        for (_, extension) in tree
            .extensions(index)
            .filter(|(_, child)| EXECUTED.contains(&child.name))
        {
            self.problems.error(
                crate::problems::Problem::new(
                    crate::codes::UNSUPPORTED_ELEMENT,
                    extension.span,
                    format!(
                        "The extension {} of {} is not supported yet.",
                        extension.name,
                        title(owner)
                    ),
                    "Remove the extension, or move the work to an external task.",
                )
                .at(id),
            );
        }
    }
}
