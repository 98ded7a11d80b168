//! What wrappers leave at a request for those who see it next.

use std::any::Any;
use std::rc::Rc;

use crate::border::contain;
use crate::border::failure::panic_on;

/// Values of any type, one of each.
#[derive(Default)]
pub(crate) struct Attachments {
    values: Vec<Rc<dyn Any>>,
}

impl Attachments {
    /// Adds a value, and gives back the one of its type that was there before.
    pub(crate) fn replace<T: 'static>(&mut self, value: T) -> Option<Rc<dyn Any>> {
        let value = Rc::new(value);
        match self.values.iter_mut().find(|known| known.is::<T>()) {
            Some(known) => Some(std::mem::replace(known, value)),
            None => {
                self.values.push(value);
                None
            }
        }
    }

    /// The value of this type.
    pub(crate) fn find<T: 'static>(&self) -> Option<Rc<T>> {
        let mut values = self.values.iter();
        values.find_map(|known| Rc::clone(known).downcast().ok())
    }

    /// Drops all values, even if the `drop` of one panics; the first such panic then goes on.
    ///
    /// A `Vec` would drop the rest while it unwinds, where a second panic ends the process.
    pub(crate) fn clear(&mut self) {
        let mut first = None;
        while let Some(value) = self.values.pop() {
            if let Err(panic) = contain(|| drop(value)) {
                first.get_or_insert(panic);
            }
        }
        if let Some(panic) = first
            && !std::thread::panicking()
        {
            panic_on(panic);
        }
    }
}

impl Drop for Attachments {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Context, Parts, panic_text, request};
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Panics when it is dropped; attachments are told apart by their type.
    struct Bomb<const N: usize>(Rc<Cell<usize>>);

    impl<const N: usize> Drop for Bomb<N> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            panic!("bomb {N}");
        }
    }

    /// Throws a value when it is dropped.
    struct Throws(Rc<Cell<usize>>);

    /// Panics when it is dropped itself.
    struct Thrown;

    impl Drop for Thrown {
        fn drop(&mut self) {
            panic!("thrown");
        }
    }

    impl Drop for Throws {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            std::panic::panic_any(Thrown);
        }
    }

    fn armed(count: &Rc<Cell<usize>>) -> Parts {
        let parts = Rc::new(Parts::new(Rc::new(Context::default())));
        let request = request(&parts);
        request.attach(Bomb::<1>(Rc::clone(count)));
        request.attach(Bomb::<2>(Rc::clone(count)));
        request.attach("harmless".to_owned());
        drop(request);
        Rc::into_inner(parts).expect("the handle is gone")
    }

    /// What the panic in `code` says, if there is one.
    fn panic_of(code: impl FnOnce()) -> Option<String> {
        let panic = catch_unwind(AssertUnwindSafe(code)).err()?;
        Some(panic_text(&*panic).to_owned())
    }

    #[test]
    fn two_panics_while_a_request_is_cleared() {
        let count = Rc::default();
        let mut parts = armed(&count);
        assert_eq!(panic_of(|| parts.clear()), None, "they end at the border");
        assert_eq!(count.get(), 2);
        assert_eq!(panic_of(|| parts.clear()), None, "all are gone");
        assert_eq!(panic_of(|| drop(parts)), None);
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn two_panics_while_a_request_is_dropped() {
        let count = Rc::default();
        let parts = armed(&count);
        assert_eq!(panic_of(|| drop(parts)), None, "they end at the border");
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn panics_whose_payload_panics() {
        let count = Rc::default();
        let parts = Rc::new(Parts::new(Rc::new(Context::default())));
        let request = request(&parts);
        request.attach(Throws(Rc::clone(&count)));
        request.attach([Throws(Rc::clone(&count))]);
        drop(request);
        assert_eq!(panic_of(|| drop(parts)), None, "they end at the border");
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn two_panics_while_another_one_unwinds() {
        let count = Rc::default();
        let parts = armed(&count);
        let said = panic_of(|| {
            let _parts = parts;
            panic!("the handler's own");
        });
        assert_eq!(said.as_deref(), Some("the handler's own"));
        assert_eq!(count.get(), 2);
    }

    #[test]
    fn a_value_that_is_replaced_may_look_at_its_request() {
        struct Curious(crate::Request);
        impl Drop for Curious {
            fn drop(&mut self) {
                self.0.attach(5_u8);
            }
        }
        let request = crate::testing::get("/").build();
        request.attach(Curious(request.clone()));
        let other = crate::testing::get("/other").build();
        request.attach(Curious(other.clone()));
        assert_eq!(request.attached::<u8>().as_deref(), Some(&5));
        assert!(other.attached::<u8>().is_none());
    }
}
