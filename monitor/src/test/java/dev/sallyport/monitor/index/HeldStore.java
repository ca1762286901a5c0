package dev.sallyport.monitor.index;

import dev.sallyport.monitor.fault.MonitorException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A store in memory that can be away, busy, or refuse. */
final class HeldStore implements DocumentStore {
    final Map<String, Document> documents = new LinkedHashMap<>();
    final Set<String> busy = new HashSet<>();
    final Set<String> refused = new HashSet<>();
    boolean away;
    int asked;

    @Override
    public List<Creation> create(List<Document> wanted) {
        asked++;
        if (away) {
            throw new MonitorException("index_unavailable", "away");
        }
        List<Creation> creations = new ArrayList<>();
        for (Document document : wanted) {
            creations.add(create(document));
        }
        return creations;
    }

    private Creation create(Document document) {
        if (busy.contains(document.id())) {
            return new Creation.Busy("queue full");
        }
        if (refused.contains(document.id()) && !document.index().equals(Document.REFUSED)) {
            return new Creation.Refused("mapper_parsing_exception");
        }
        return documents.putIfAbsent(document.id(), document) == null
                ? new Creation.Created()
                : new Creation.AlreadyThere();
    }

    @Override
    public void close() {}
}
