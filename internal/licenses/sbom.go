package main

import (
	"os"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// release is what a bill of materials says of kvist itself.
type release struct {
	version string
	date    time.Time // so that the same commit has the same bill
}

// writeBill writes the bill of materials of a release as CycloneDX JSON.
func writeBill(file string, modules []module, r release) error {
	bom, err := bill(modules, r)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := cyclonedx.NewBOMEncoder(f, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bom); err != nil {
		return err
	}
	return f.Close()
}

func bill(modules []module, r release) (*cyclonedx.BOM, error) {
	components := make([]cyclonedx.Component, 0, len(modules))
	for _, m := range modules {
		found, err := texts(m.Dir)
		if err != nil {
			return nil, err
		}
		components = append(components, component(m, names(found)))
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{
		Timestamp: r.date.UTC().Format(time.RFC3339),
		Component: &cyclonedx.Component{
			Type: cyclonedx.ComponentTypeApplication, Name: "kvist", Version: r.version, BOMRef: "kvist",
			Licenses: &cyclonedx.Licenses{{Expression: "Apache-2.0"}},
		},
	}
	bom.Components = &components
	return bom, nil
}

func component(m module, licenses string) cyclonedx.Component {
	url := "pkg:golang/" + m.Path + "@" + strings.ReplaceAll(m.Version, "+", "%2B")
	return cyclonedx.Component{
		Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: url, BOMRef: url,
		Licenses: &cyclonedx.Licenses{{Expression: strings.ReplaceAll(licenses, ", ", " AND ")}},
	}
}
